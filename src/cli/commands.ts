import type { CommandIo } from './command-io.ts';
import { renderCompletion, SHELLS } from './completion.ts';
import { type CommandSpec, type ParsedOptions, UsageError } from './options.ts';

export type Command = CommandSpec & {
  readonly run: (options: ParsedOptions, io: CommandIo) => Promise<number>;
};

/** Every command, in the order of the help. The first is the default. */
const COMMANDS: readonly {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Pick<Command, 'options' | 'run' | 'operand'>>;
}[] = [
  {
    name: 'serve',
    summary: 'run the gateway',
    async load() {
      const { SERVE_OPTIONS, runServe } = await import('./serve.ts');
      return { options: SERVE_OPTIONS, run: runServe };
    },
  },
  {
    name: 'check',
    summary: 'validate a configuration and print every problem in it',
    async load() {
      const { CHECK_OPTIONS, runCheck } = await import('./check.ts');
      return { options: CHECK_OPTIONS, run: runCheck, operand: 'config' };
    },
  },
  {
    name: 'init',
    summary: 'print a gateway.yaml made from the discovery document of an authorization server',
    async load() {
      const { INIT_OPTIONS, runInit } = await import('./init.ts');
      return { options: INIT_OPTIONS, run: runInit };
    },
  },
  {
    name: 'doctor',
    summary: 'check the environment: DNS, TLS, store, and how the server handles PKCE',
    async load() {
      const { DOCTOR_OPTIONS, runDoctor } = await import('./doctor.ts');
      return { options: DOCTOR_OPTIONS, run: runDoctor };
    },
  },
  {
    name: 'explain',
    summary: 'show the policy of a client, where each value comes from, and the verdict on a request',
    async load() {
      const { EXPLAIN_OPTIONS, runExplain } = await import('./explain.ts');
      return { options: EXPLAIN_OPTIONS, run: runExplain };
    },
  },
  {
    name: 'report',
    summary: 'show which clients are ready to be enforced, based on the last 14 days',
    async load() {
      const { REPORT_OPTIONS, runReport } = await import('./report.ts');
      return { options: REPORT_OPTIONS, run: runReport };
    },
  },
  {
    name: 'keygen',
    summary: 'print a new key for `store.sealed.keys`',
    async load() {
      const { runKeygen } = await import('./keygen.ts');
      return { options: {}, run: runKeygen };
    },
  },
  {
    name: 'completion',
    summary: `print a script that completes commands and options: ${SHELLS.join(', ')}`,
    async load() {
      const options = { shell: { value: 'SHELL', help: SHELLS.join(', ') } };
      return { options, run: runCompletion, operand: 'shell' };
    },
  },
];

export function commandNames(): string[] {
  return COMMANDS.map(({ name }) => name);
}

/** A command by its name. Only its own code is loaded: `serve` keeps loaded code in memory while it runs. */
export async function loadCommand(wanted: string): Promise<Command | undefined> {
  const found = COMMANDS.find(({ name }) => name === wanted);
  return found && { name: found.name, summary: found.summary, ...(await found.load()) };
}

async function runCompletion(options: ParsedOptions, io: CommandIo): Promise<number> {
  const shell = SHELLS.find((name) => name === options['shell']);
  if (shell === undefined) throw new UsageError(`name a shell: ${SHELLS.join(', ')}`);
  const commands = await Promise.all(
    COMMANDS.map(async ({ name, summary, load }) => ({ name, summary, ...(await load()) })),
  );
  io.stdout(renderCompletion(shell, commands));
  return 0;
}

export function renderHelp(): string {
  const rows = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`);
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
