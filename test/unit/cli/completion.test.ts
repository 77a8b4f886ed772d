import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { renderCompletion } from '../../../src/cli/completion.ts';

const COMMANDS = [
  {
    name: 'serve',
    summary: "run the operator's gateway",
    options: { config: { value: 'FILE', short: 'c', help: 'the file' }, quiet: { help: 'say nothing' } },
  },
  {
    name: 'check',
    summary: 'validate',
    options: {
      config: { value: 'FILE', help: 'the file' },
      format: { value: 'FORMAT', choices: ['text', 'json'], help: 'the output' },
    },
  },
];

/** Bash's suggestions for the last of these words. */
function offered(...words: string[]): string[] {
  const script = `${renderCompletion('bash', COMMANDS)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_pkce_gateway "$1" "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['-c', script, 'bash', 'pkce-gateway', ...words], { encoding: 'utf8' });
  return output.split('\n').filter((line) => line !== '');
}

it('completes commands, and the options of each, in bash', () => {
  expect(offered('')).toEqual(['serve', 'check', 'help', '--help', '--version']);
  expect(offered('se')).toEqual(['serve']);
  expect(offered('help', 'c')).toEqual(['check']);
  expect(offered('serve', '--')).toEqual(['--config', '--quiet', '--help']);
  expect(offered('check', '--q')).toEqual([]);
});

it('leaves the value of an option to the shell, which completes files', () => {
  expect(offered('serve', '--config', '')).toEqual([]);
  expect(offered('serve', '-c', '')).toEqual([]);
});

it('completes the value of an option that has choices', () => {
  expect(offered('check', '--format', '')).toEqual(['text', 'json']);
  expect(offered('check', '--format', 'j')).toEqual(['json']);
  expect(offered('serve', '--format', '')).toEqual([]);
});

it('supports zsh and fish', () => {
  expect(renderCompletion('zsh', COMMANDS)).toMatch(/^#compdef pkce-gateway\n.*bashcompinit/);
  expect(renderCompletion('fish', COMMANDS).split('\n')).toEqual([
    String.raw`complete -c pkce-gateway -n __fish_use_subcommand -f -a serve -d 'run the operator\'s gateway'`,
    "complete -c pkce-gateway -n '__fish_seen_subcommand_from serve' -l config -s c -r -d 'the file'",
    "complete -c pkce-gateway -n '__fish_seen_subcommand_from serve' -l quiet -d 'say nothing'",
    "complete -c pkce-gateway -n __fish_use_subcommand -f -a check -d 'validate'",
    "complete -c pkce-gateway -n '__fish_seen_subcommand_from check' -l config -r -d 'the file'",
    "complete -c pkce-gateway -n '__fish_seen_subcommand_from check' -l format -x -a 'text json' -d 'the output'",
  ]);
});
