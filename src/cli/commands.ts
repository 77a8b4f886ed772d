import type { CheckIo } from './check.ts';
import type { CommandSpec, ParsedOptions } from './options.ts';

export type Command = CommandSpec & {
  readonly run: (options: ParsedOptions, io: CheckIo) => Promise<number>;
};

/** Every command, in the order of the help. The first is the default. */
const COMMANDS: readonly {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Pick<Command, 'options' | 'run'>>;
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
      return { options: CHECK_OPTIONS, run: runCheck };
    },
  },
  {
    name: 'init',
    summary: 'print a gateway.yaml made from what an authorization server says of itself',
    async load() {
      const { INIT_OPTIONS, runInit } = await import('./init.ts');
      return { options: INIT_OPTIONS, run: runInit };
    },
  },
  {
    name: 'doctor',
    summary: 'try everything that a login needs, and say what is wrong',
    async load() {
      const { DOCTOR_OPTIONS, runDoctor } = await import('./doctor.ts');
      return { options: DOCTOR_OPTIONS, run: runDoctor };
    },
  },
  {
    name: 'explain',
    summary: 'tell the policy of a client, who says each part of it, and what becomes of a request',
    async load() {
      const { EXPLAIN_OPTIONS, runExplain } = await import('./explain.ts');
      return { options: EXPLAIN_OPTIONS, run: runExplain };
    },
  },
  {
    name: 'report',
    summary: 'tell which clients can be enforced, from what they did in the last 14 days',
    async load() {
      const { REPORT_OPTIONS, runReport } = await import('./report.ts');
      return { options: REPORT_OPTIONS, run: runReport };
    },
  },
];

/** A command by its name, with no more loaded than it needs: `serve` keeps what is loaded for as long as it runs. */
export async function loadCommand(wanted: string): Promise<Command | undefined> {
  const found = COMMANDS.find(({ name }) => name === wanted);
  return found && { name: found.name, summary: found.summary, ...(await found.load()) };
}

export function renderHelp(): string {
  const rows = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`);
  return [
    'pkce-gateway: PKCE in front of an authorization server that does not verify it',
    '',
    'Usage: pkce-gateway [COMMAND] [OPTIONS]',
    '',
    'Commands:',
    ...rows,
    '',
    'pkce-gateway COMMAND --help tells its options; --version the version.',
  ].join('\n');
}
