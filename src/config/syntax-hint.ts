const HINTS: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/\$\{\w+\}/, '; variables are not expanded: write {from_env: VAR}'],
  [/\{\{/, '; a template must be rendered first, and a value with braces needs quotes'],
  [/\{\w+\}/, '; a value with braces needs quotes: "/realms/{realm}/token"'],
  [/[:,[-]\s*[@`%]/, '; a value that begins with @, ` or % needs quotes'],
  [/^\s*\t/, '; indent with blanks'],
  [/: .*: /, '; a value with a colon and a blank needs quotes'],
];

/** What was probably meant by a line that is not YAML */
export function syntaxHint(line: string): string {
  return HINTS.find(([pattern]) => pattern.test(line))?.[1] ?? '; check indentation, brackets and quotes';
}
