import { parseArgs } from 'node:util';

/** An option of a command: takes a value, named `value` in the help, or is a flag. */
export type OptionSpec = { readonly value?: string; readonly help: string };

export type CommandSpec = {
  readonly name: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
};

export type ParsedOptions = Readonly<Record<string, string | boolean | undefined>>;

/** The command line is not one that a command takes. Exit status 2. */
export class UsageError extends Error {
  readonly code = 'usage_error';
}

export function parseOptions(spec: CommandSpec, args: readonly string[]): ParsedOptions {
  const options = Object.fromEntries(
    Object.entries(spec.options).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false, strict: true }).values;
  } catch (error) {
    throw new UsageError(`${spec.name}: ${(error as Error).message.split('. ')[0]}`);
  }
}

export function textOption(options: ParsedOptions, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

const DEFAULT_CONFIG = 'gateway.yaml';

/** `--config`, as every command has it that reads a configuration. */
export const CONFIG_OPTION: OptionSpec = {
  value: 'FILE',
  help: `the configuration (default: ${DEFAULT_CONFIG})`,
};

export function configFile(options: ParsedOptions): string {
  return textOption(options, 'config') ?? DEFAULT_CONFIG;
}

/** The help text of one command. */
export function renderCommandHelp(spec: CommandSpec): string {
  const rows = Object.entries(spec.options).map(([name, { value, help }]) => {
    const option = value === undefined ? `--${name}` : `--${name} ${value}`;
    return `  ${option.padEnd(26)} ${help}`;
  });
  return [`pkce-gateway ${spec.name}: ${spec.summary}`, '', 'Options:', ...rows].join('\n');
}
