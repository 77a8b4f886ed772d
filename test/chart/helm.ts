import { fileURLToPath } from 'node:url';
import { requireTool, runTool, type ToolRun } from '../support/test-tool.ts';

export const CHART = fileURLToPath(new URL('../../charts/pkce-gateway', import.meta.url));

/** The oldest Kubernetes that the chart supports. */
export const KUBERNETES = '1.27';

export async function runHelm(...args: readonly string[]): Promise<ToolRun> {
  return runTool(requireTool('helm'), args);
}

/** The manifests of an installation with these values. */
export async function renderChart(valuesFile: string): Promise<string> {
  const args = ['--namespace', 'login', '--kube-version', KUBERNETES, '--values', valuesFile];
  const { exitCode, stdout, stderr } = await runHelm('template', 'login', CHART, ...args);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}
