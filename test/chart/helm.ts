import { fileURLToPath } from 'node:url';
import { findTool, runTool, type ToolRun } from '../support/test-tool.ts';

export const CHART = fileURLToPath(new URL('../../charts/pkce-gateway', import.meta.url));

const helm = findTool('helm');

/** What the run says in the end where the chart cannot be tested. */
export const WITHOUT_HELM =
  'charts/pkce-gateway was NOT TESTED: there is no helm here, and no Go (1.24 or newer) to build it with';
export const hasHelm = helm !== undefined;

/** The oldest Kubernetes that the chart is for. */
export const KUBERNETES = '1.27';

export function runHelm(...args: readonly string[]): Promise<ToolRun> {
  if (helm === undefined) throw new Error(WITHOUT_HELM);
  return runTool(helm, args);
}

/** The manifests that an installation with these values makes. */
export async function renderChart(valuesFile: string): Promise<string> {
  const args = ['--namespace', 'login', '--kube-version', KUBERNETES, '--values', valuesFile];
  const { exitCode, stdout, stderr } = await runHelm('template', 'login', CHART, ...args);
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}
