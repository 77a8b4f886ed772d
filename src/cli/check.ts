import { text } from 'node:stream/consumers';
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/environment.ts';
import { loadConfig, parseConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { effectiveMode } from '../policy/client-policy.ts';
import { CONFIG_OPTION, type CommandSpec, configFile, type ParsedOptions } from './options.ts';

export type CheckIo = {
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
  readonly env: Environment;
  /** The next line of standard input; `undefined` at its end. */
  readonly readLine?: () => Promise<string | undefined>;
  /** Epoch milliseconds, for `enforce_from`. */
  readonly now?: () => number;
};

export const CHECK_OPTIONS: CommandSpec['options'] = {
  config: { ...CONFIG_OPTION, help: `${CONFIG_OPTION.help}; - reads standard input` },
};

/** `pkce-gateway check [FILE]`: every problem of a file, or a one-line summary. Returns the exit status. */
export async function runCheck(options: ParsedOptions, io: CheckIo): Promise<number> {
  const file = configFile(options);
  const result =
    file === '-'
      ? await parseConfig(await text(process.stdin), 'stdin', { env: io.env, directory: '.' })
      : await loadConfig(file, { env: io.env });
  for (const warning of result.warnings) {
    io.stderr(formatProblem({ ...warning, message: `warning: ${warning.message}` }));
  }
  if (!result.ok) {
    for (const problem of result.problems) io.stderr(formatProblem(problem));
    return 1;
  }
  io.stdout(`${file === '-' ? 'stdin' : file}: ok (${summary(result.config, (io.now ?? Date.now)())})`);
  return 0;
}

function summary({ issuers, store }: Config, now: number): string {
  const modes = { enforce: 0, report: 0, off: 0 };
  for (const issuer of issuers) {
    for (const policy of issuer.clients.listed) modes[effectiveMode(policy, now)] += 1;
  }
  const clients = modes.enforce + modes.report + modes.off;
  const parts = Object.entries(modes).filter(([, count]) => count > 0);
  const byMode = parts.length === 0 ? '' : `: ${parts.map(([mode, count]) => `${count} ${mode}`).join(', ')}`;
  return `${count(issuers.length, 'issuer')}, ${count(clients, 'client')}${byMode}; ${store.kind} store`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
