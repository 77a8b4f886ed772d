import { parseArgs } from 'node:util';
import type { Config } from '../config/config.ts';
import { closestWord, didYouMean } from '../config/did-you-mean.ts';
import { FileReader } from '../config/file-reader.ts';
import type { CommandIo } from './command-io.ts';

export type OptionSpec = {
  /** The name of its value in the help; without it, it is a flag. */
  readonly value?: string;
  /** The only values that it accepts; a blank or underscore in them counts as a hyphen. */
  readonly choices?: readonly string[];
  readonly short?: string;
  readonly help: string;
  /** Another option, without which it means nothing. */
  readonly needs?: string;
  /** Another option, which contradicts it. */
  readonly excludes?: string;
};

/** The values by option. A flag that was given is an empty text. */
export type ParsedOptions = Readonly<Record<string, string | undefined>>;

export type Command = {
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** The option that a positional argument sets. */
  readonly operand?: string;
  /** Returns the exit status. */
  readonly run: (options: ParsedOptions, io: CommandIo) => Promise<number>;
};

/** The command line of a command is wrong. Exit status 2. */
export class UsageError extends Error {
  readonly code = 'usage_error';
}

export function parseOptions(
  { options: specs, operand }: Pick<Command, 'options' | 'operand'>,
  args: readonly string[],
): ParsedOptions {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      { ...spec, type: spec.value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true });
    const given = Object.entries(parsed.values).map(([name, value]) => [name, value === true ? '' : value]);
    const values: Record<string, string | undefined> = Object.fromEntries(given);
    const [first, ...others] = parsed.positionals;
    if (first !== undefined) {
      if (operand === undefined) throw new Error(`Unexpected argument '${first}'${optionFor(first, specs)}`);
      if (others.length > 0) throw new Error(`one ${operand} only, not also ${others.join(' ')}`);
      if (values[operand] !== undefined) throw new Error(`--${operand} and ${first} cannot be used together`);
      values[operand] = first;
    }
    for (const [name, { value, choices, needs, excludes }] of Object.entries(specs)) {
      const text = values[name];
      if (text === undefined) continue;
      if (value !== undefined && text === '') throw new Error(`--${name} must not be empty`);
      if (choices !== undefined) {
        const choice = text.replace(/[ _]/g, '-');
        if (!choices.includes(choice))
          throw new Error(`--${name} must be one of ${choices.join(', ')}${didYouMean(text, choices)}`);
        values[name] = choice;
      }
      if (needs !== undefined && values[needs] === undefined) throw new Error(`--${name} needs --${needs}`);
      if (excludes !== undefined && values[excludes] !== undefined)
        throw new Error(`--${name} and --${excludes} cannot be used together`);
    }
    return values;
  } catch (error) {
    const [problem = ''] = (error as Error).message.split('. ');
    const [, unknown] = /^Unknown option '(--[^']+)'$/.exec(problem) ?? [];
    const meant = unknown && closestWord(unknown, Object.keys(specs));
    throw new UsageError(problem + (meant ? ` (did you mean --${meant}?)` : ''));
  }
}

/** ` (did you mean --config x.yaml?)` for an argument whose option is missing, or nothing. */
export function optionFor(argument: string, options: Command['options']): string {
  const meant = /^https?:/.test(argument) ? 'upstream' : 'config';
  const isMeant = meant === 'upstream' || /\.(ya?ml|json)$|[/\\]/.test(argument);
  return isMeant && options[meant] !== undefined ? ` (did you mean --${meant} ${argument}?)` : '';
}

/** The http or https URL that an option names. */
export function urlOption(options: ParsedOptions, name: string): URL | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--${name} must be an http or https URL, such as https://example.com:8443`);
  return url;
}

type Setting<T> = {
  safeParse(text: string): { data?: T; error?: { issues: readonly { message: string }[] } };
};

/** The value of an option that is written as a setting of the configuration. */
export function settingOption<T>(name: string, setting: Setting<T>, text: string): T {
  const { data, error } = setting.safeParse(text);
  if (error !== undefined) throw new UsageError(`--${name}: ${error.issues[0]?.message}`);
  return data as T;
}

/** The issuers that `--issuer` names, or all of them; and the names of all, for messages. */
export function issuersOption({ issuers }: Pick<Config, 'issuers'>, { issuer: name }: ParsedOptions) {
  const names = issuers.map((issuer) => issuer.name).join(', ');
  const chosen = issuers.filter((issuer) => name === undefined || issuer.name === name);
  if (chosen.length === 0) throw new UsageError(`there is no issuer ${name}; the file has ${names}`);
  return { chosen, names };
}

/** The text of the file that an option names, without blanks around it. */
export async function fileOption(options: ParsedOptions, name: string): Promise<string | undefined> {
  const file = options[name];
  if (file === undefined) return undefined;
  const content = await new FileReader().read(file);
  if ('failure' in content) throw new UsageError(`--${name}: cannot read ${file}: ${content.failure}`);
  return content.text.trim();
}

/** `--format` of commands that print for people or for scripts. */
export const FORMAT_OPTION: OptionSpec = {
  value: 'FORMAT',
  choices: ['text', 'json'],
  help: 'text (default) or json',
};

const DEFAULT_CONFIG = 'gateway.yaml';

/** `--config` of every command that reads a configuration. */
export const CONFIG_OPTION: OptionSpec = {
  value: 'FILE',
  short: 'c',
  help: `the configuration (default: ${DEFAULT_CONFIG})`,
};

export function configFile(options: ParsedOptions): string {
  return options['config'] ?? DEFAULT_CONFIG;
}

export function helpText({ needs, help }: OptionSpec): string {
  return needs === undefined ? help : `with --${needs}: ${help}`;
}

export function renderCommandHelp(name: string, summary: string, { options }: Command): string {
  const rows = Object.entries(options).map(([option, spec]) => {
    const { value, short } = spec;
    const names = short === undefined ? `--${option}` : `-${short}, --${option}`;
    return { names: value === undefined ? names : `${names} ${value}`, help: helpText(spec) };
  });
  const width = Math.max(26, ...rows.map(({ names }) => names.length));
  const lines = rows.map(({ names, help }) => `  ${names.padEnd(width)} ${help}`);
  const described = lines.length === 0 ? [] : ['', 'Options:', ...lines];
  return [`pkce-gateway ${name}: ${summary}`, ...described].join('\n');
}
