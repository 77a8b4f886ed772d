const HINTS: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/\$\{\w+\}/, '; variables are not expanded: write {from_env: VAR}'],
  [/\{\{/, '; render the template first; a value that contains braces needs quotes'],
  [/\{\w+\}/, '; a value with braces needs quotes: "/realms/{realm}/token"'],
  [/[:,[-]\s*[@`%]/, '; a value that begins with @, ` or % needs quotes'],
  [/^\s*\t/, '; indent with spaces, not tabs'],
  [/: .*: /, '; a value that contains a colon and a space needs quotes'],
];

/** A hint at the likely mistake in a line that is not YAML. */
export function syntaxHint(line: string): string {
  return HINTS.find(([pattern]) => pattern.test(line))?.[1] ?? '; check indentation, brackets and quotes';
}
