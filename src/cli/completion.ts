import { type Command, helpText, type OptionSpec } from './options.ts';

type Described = Pick<Command, 'options'> & { readonly name: string; readonly summary: string };

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** A shell script that completes commands and their options. */
export function renderCompletion(shell: (typeof SHELLS)[number], commands: readonly Described[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      return `#compdef pkce-gateway\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`;
    case 'fish':
      return fishScript(commands);
  }
}

/** For a value without choices, the shell completes file names. */
function bashScript(commands: readonly Described[]): string {
  const specs = commands.flatMap(({ options }) => Object.entries(options));
  const withValue = new Set(specs.flatMap(([name, { value }]) => (value === undefined ? [] : `--${name}`)));
  const choices = commands.flatMap(({ name, options }) =>
    Object.entries(options).flatMap(([option, spec]) =>
      spec.choices === undefined ? [] : `    ${name}:--${option}) words='${spec.choices.join(' ')}' ;;`,
    ),
  );
  const names = commands.map(({ name }) => name).join(' ');
  const cases = commands.map(({ name, options }) => {
    const words = [...Object.keys(options), 'help'].map((option) => `--${option}`);
    return `    *:${name}) words='${words.join(' ')}' ;;`;
  });
  return `_pkce_gateway() {
  local words
  COMPREPLY=()
  case "\${COMP_WORDS[1]}:$3" in
${[...choices, `    *:${[...withValue].join('|*:')}|*:-c) return ;;`].join('\n')}
    *) case "$COMP_CWORD:\${COMP_WORDS[1]}" in
    1:*) words='${names} help --help --version' ;;
    *:help) words='${names}' ;;
    *:completion) words='${SHELLS.join(' ')}' ;;
${cases.join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$2"))
}
complete -o default -F _pkce_gateway pkce-gateway`;
}

function fishScript(commands: readonly Described[]): string {
  const complete = 'complete -c pkce-gateway';
  return commands
    .flatMap(({ name, summary, options }) => [
      `${complete} -n __fish_use_subcommand -f -a ${name} -d '${quoted(summary)}'`,
      ...Object.entries(options).map(([option, spec]) => {
        const letter = spec.short === undefined ? '' : ` -s ${spec.short}`;
        return `${complete} -n '__fish_seen_subcommand_from ${name}' -l ${option}${letter}${fishValue(spec)} -d '${quoted(helpText(spec))}'`;
      }),
    ])
    .join('\n');
}

function fishValue({ value, choices }: OptionSpec): string {
  if (choices !== undefined) return ` -x -a '${choices.join(' ')}'`;
  return value === undefined ? '' : ' -r';
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
