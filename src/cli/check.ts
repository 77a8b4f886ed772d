import { text } from 'node:stream/consumers';
import type { Config } from '../config/config.ts';
import { loadConfig, parseConfig } from '../config/load.ts';
import { effectiveMode } from '../policy/client-policy.ts';
import { mergePolicies } from '../policy/merge-policies.ts';
import { printDiagnostics } from './command-io.ts';
import { CONFIG_OPTION, type Command, configFile } from './options.ts';

/** `pkce-gateway check [FILE]`: every problem of a file, or a one-line summary. Returns the exit status. */
export const CHECK: Command = {
  options: {
    config: { ...CONFIG_OPTION, help: `${CONFIG_OPTION.help}; - reads standard input` },
  },
  operand: 'config',
  async run(options, io) {
    const file = configFile(options);
    const result =
      file === '-'
        ? await parseConfig(await text(process.stdin), 'stdin', { env: io.env, directory: '.' })
        : await loadConfig(file, { env: io.env });
    printDiagnostics(result, io);
    if (!result.ok) return 1;
    io.stdout(`${file === '-' ? 'stdin' : file}: ok (${summary(result.config, io.now())})`);
    return 0;
  },
};

function summary({ issuers, store }: Config, now: number): string {
  const modes = { enforce: 0, report: 0, off: 0 };
  for (const issuer of issuers) {
    for (const policy of mergePolicies(issuer.clients).listed) modes[effectiveMode(policy, now)] += 1;
  }
  const clients = modes.enforce + modes.report + modes.off;
  const parts = Object.entries(modes).filter(([, count]) => count > 0);
  const byMode = parts.length === 0 ? '' : `: ${parts.map(([mode, count]) => `${count} ${mode}`).join(', ')}`;
  return `${count(issuers.length, 'issuer')}, ${count(clients, 'client')}${byMode}; ${store.kind} store`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
