import { randomBytes } from 'node:crypto';
import { renderCompletion, SHELLS } from './completion.ts';
import { type Command, UsageError } from './options.ts';

type LazyCommand = { readonly summary: string; readonly load: () => Promise<Command> };

/** In the order of the help. Only the code of the wanted one is loaded: `serve` keeps loaded code in memory while it runs. */
export const COMMANDS: Readonly<Record<string, LazyCommand>> = {
  serve: {
    summary: 'run the gateway',
    load: async () => (await import('./serve.ts')).SERVE,
  },
  check: {
    summary: 'validate a configuration and print every problem in it',
    load: async () => (await import('./check.ts')).CHECK,
  },
  init: {
    summary: 'print a gateway.yaml made from the discovery document of an authorization server',
    load: async () => (await import('./init.ts')).INIT,
  },
  doctor: {
    summary: 'check the environment: DNS, TLS, store, and how the server handles PKCE',
    load: async () => (await import('./doctor.ts')).DOCTOR,
  },
  explain: {
    summary: 'show the policy of a client, where each value comes from, and the verdict on a request',
    load: async () => (await import('./explain.ts')).EXPLAIN,
  },
  report: {
    summary: 'show which clients are ready to be enforced, based on the last 14 days',
    load: async () => (await import('./report.ts')).REPORT,
  },
  keygen: {
    summary: 'print a new key for `store.sealed.keys`',
    load: async () => KEYGEN,
  },
  completion: {
    summary: `print a script that completes commands and options: ${SHELLS.join(', ')}`,
    load: async () => COMPLETION,
  },
};

const KEYGEN: Command = {
  options: {},
  async run(_options, io) {
    io.stdout(randomBytes(32).toString('base64url'));
    return 0;
  },
};

const COMPLETION: Command = {
  options: { shell: { value: 'SHELL', choices: SHELLS, help: SHELLS.join(', ') } },
  operand: 'shell',
  async run(options, io) {
    const shell = SHELLS.find((name) => name === options['shell']);
    if (shell === undefined) throw new UsageError(`name a shell: ${SHELLS.join(', ')}`);
    const commands = Object.entries(COMMANDS).map(async ([name, { summary, load }]) => {
      const { options } = await load();
      return { name, summary, options };
    });
    io.stdout(renderCompletion(shell, await Promise.all(commands)));
    return 0;
  },
};

export function renderHelp(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return [
    'pkce-gateway: enforces PKCE in front of an authorization server that does not',
    '',
    'Usage: pkce-gateway [COMMAND] [OPTIONS]',
    '',
    'Commands:',
    ...rows,
    '',
    'pkce-gateway help COMMAND shows the options of a command. -h, --help: this text; -v, --version: the version.',
  ].join('\n');
}
