import { afterEach, beforeEach, expect, test } from 'vitest';
import { Browser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { failedChecks, runConformanceSuite, type SuiteRun } from '../support/mcp/conformance-suite.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';

// The `authorization` scenarios of the MCP conformance suite: an agent's requirements for an authorization server. The
// server has no RFC 8414 document and does not advertise PKCE.

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

const start = async () => stack.use(await startScriptedLegacyServer({ login: 'return_to' }));

/** The suite prints a URL for the user; the browser opens it. */
async function runAgainst(url: string): Promise<SuiteRun> {
  const browser = stack.use(new Browser());
  const port = await freePort();
  const logins: Promise<unknown>[] = [];
  const run = await runConformanceSuite(
    ['authorization', '--url', url, '--client-id', 'agent', '--port', String(port)],
    {
      onLine: (line) => {
        if (!line.startsWith(`${url}/oauth2/authorize?`)) return;
        logins.push(browser.login(line, { username: 'alice' }).then((back) => browser.deliver(back)));
      },
    },
  );
  await Promise.all(logins);
  return run;
}

test('the gateway in front of it passes', async () => {
  const upstream = await start();
  const gateway = await startGatewayUnderTest({
    upstream: upstream.url,
    issuer: 'clients: {agent: {redirect_uris: ["http://127.0.0.1/callback"]}}',
  });
  stack.use(gateway);
  const run = await runAgainst(gateway.url);
  expect(failedChecks(run)).toEqual([]);
  expect(run.exitCode, run.output).toBe(0);
  expect(run.output).toContain('Total: 2 passed, 0 failed');
  const metrics = await gateway.metrics();
  expect(metrics.value('redemptions_total', { client: 'agent', result: 'verified' })).toBe(1);
});

test('the server alone fails: it does not announce PKCE', async () => {
  const run = await runAgainst((await start()).url);
  expect(run.exitCode).toBe(1);
  const [failure] = run.scenarios
    .flatMap(({ checks }) => checks)
    .filter(({ status }) => status === 'FAILURE');
  expect(failure).toMatchObject({
    id: 'authorization-server-metadata',
    errorMessage: expect.stringContaining('code_challenge_methods_supported'),
  });
});
