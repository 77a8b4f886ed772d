import { type CheckIo, runCheck } from './check.ts';
import { DOCTOR_OPTIONS, runDoctor } from './doctor.ts';
import { EXPLAIN_OPTIONS, runExplain } from './explain.ts';
import { INIT_OPTIONS, runInit } from './init.ts';
import { type CommandSpec, type ParsedOptions, textOption } from './options.ts';
import { REPORT_OPTIONS, runReport } from './report.ts';
import { runServe, SERVE_OPTIONS } from './serve.ts';

export const DEFAULT_CONFIG = 'gateway.yaml';

type Command = CommandSpec & {
  readonly run: (options: ParsedOptions, io: CheckIo) => Promise<number>;
};

/** Every command, in the order of the help. The first is the default. */
export const COMMANDS: readonly Command[] = [
  { name: 'serve', summary: 'run the gateway', options: SERVE_OPTIONS, run: runServe },
  {
    name: 'check',
    summary: 'validate a configuration and print every problem in it',
    options: { config: { value: 'FILE', help: `the configuration (default: ${DEFAULT_CONFIG})` } },
    run: (options, io) => runCheck({ config: textOption(options, 'config') ?? DEFAULT_CONFIG }, io),
  },
  {
    name: 'init',
    summary: 'print a gateway.yaml made from what an authorization server says of itself',
    options: INIT_OPTIONS,
    run: runInit,
  },
  {
    name: 'doctor',
    summary: 'try everything that a login needs, and say what is wrong',
    options: DOCTOR_OPTIONS,
    run: runDoctor,
  },
  {
    name: 'explain',
    summary: 'tell the policy of a client, who says each part of it, and what becomes of a request',
    options: EXPLAIN_OPTIONS,
    run: runExplain,
  },
  {
    name: 'report',
    summary: 'tell which clients can be enforced, from what they did in the last 14 days',
    options: REPORT_OPTIONS,
    run: runReport,
  },
];

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
