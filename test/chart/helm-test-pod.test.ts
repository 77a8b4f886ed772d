import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { startGatewayProcess } from '../support/process.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { renderChart } from './helm.ts';

/** The command of the `helm test` pod, with these two addresses. */
async function runTestPod(adminUrl: string, url: string): Promise<{ exitCode: number; output: string }> {
  const manifests = parseAllDocuments(
    await renderChart(new URL('cases/default.in.yaml', import.meta.url).pathname),
  ).map((document) => (document as { toJS(): unknown }).toJS());
  const pod = manifests.find((manifest) => (manifest as { kind: string }).kind === 'Pod') as {
    spec: { containers: [{ command: string[] }] };
  };
  const [node, ...args] = pod.spec.containers[0].command;
  // Its path in the image (Dockerfile).
  expect(node).toBe('/nodejs/bin/node');
  const addressed = args
    .map((arg) => arg.replace('http://login-pkce-gateway-admin:9090/', `${adminUrl}/`))
    .map((arg) => arg.replace('http://login-pkce-gateway:80/', `${url}/`));
  const child = spawn(process.execPath, addressed, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { exitCode: exitCode as number, output };
}

test('`helm test` passes only if a gateway leads to its server', async () => {
  await using upstream = await startScriptedLegacyServer();
  const free = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
  await using gateway = await startGatewayProcess(['serve', '--upstream', upstream.url, ...free]);
  const passed = await runTestPod(gateway.adminUrl, gateway.url);
  expect(passed).toMatchObject({ exitCode: 0 });
  expect(passed.output).toContain(`${gateway.adminUrl}/readyz 200 ok`);
  await upstream.stop();
  expect(await runTestPod(gateway.adminUrl, gateway.url)).toMatchObject({ exitCode: 1 });
  await gateway.stop();
  expect(await runTestPod(gateway.adminUrl, gateway.url)).toMatchObject({ exitCode: 1 });
});
