import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** A check in the suite's result file. */
export type Check = {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
};

export type Scenario = {
  /** Without the mode and time that the suite adds. */
  readonly name: string;
  readonly checks: readonly Check[];
  /** What the client under test printed; empty for servers. */
  readonly clientOutput: string;
};

export type SuiteRun = {
  readonly exitCode: number | null;
  readonly output: string;
  readonly scenarios: readonly Scenario[];
};

export type SuiteOptions = {
  readonly env?: Readonly<Record<string, string>>;
  /** Called for each line of stdout. */
  readonly onLine?: (line: string) => void;
};

/** Runs a command of the MCP conformance suite to its end. */
export async function runConformanceSuite(
  args: readonly string[],
  { env = {}, onLine = () => undefined }: SuiteOptions = {},
): Promise<SuiteRun> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-conformance-'));
  try {
    const child = spawn(process.execPath, [await commandFile(), ...args, '--output-dir', folder], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => lines.push(line));
    }
    createInterface(child.stdout).on('line', onLine);
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode, output: lines.join('\n'), scenarios: await readScenarios(folder) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function commandFile(): Promise<string> {
  const require = createRequire(import.meta.url);
  const file = require.resolve('@modelcontextprotocol/conformance/package.json');
  const { bin } = JSON.parse(await readFile(file, 'utf8')) as { bin: { conformance: string } };
  return join(dirname(file), bin.conformance);
}

async function readScenarios(folder: string): Promise<Scenario[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('checks.json'));
  const scenarios = files.map(async (file) => {
    const scenario = dirname(join(folder, file));
    return {
      name: dirname(file).replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, ''),
      checks: JSON.parse(await readFile(join(folder, file), 'utf8')) as Check[],
      clientOutput: await readFile(join(scenario, 'stdout.txt'), 'utf8').catch(() => ''),
    };
  });
  return Promise.all(scenarios);
}

/** The ids of the checks that a run did not pass. */
export function failedChecks({ scenarios }: SuiteRun): string[] {
  return scenarios.flatMap(({ name, checks }) =>
    checks.filter(({ status }) => status === 'FAILURE').map(({ id }) => `${name}: ${id}`),
  );
}
