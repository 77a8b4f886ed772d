import { globSync, readFileSync } from 'node:fs';
import { type Node, parseSync, Visitor } from 'oxc-parser';
import { check } from 'recheck';
import { describe, expect, test } from 'vitest';

type Literal = { readonly place: string; readonly source: string; readonly flags: string };

/** These files match no text of clients. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  // A message of Node, options, a single request of `doctor`, and an address of the configuration.
  'src/cli/serve.ts',
  'src/cli/upstream-options.ts',
  'src/doctor/probe-discovery.ts',
  'src/handlers/error-page.ts',
]);

/** Every regular expression literal in `src`. */
const LITERALS = globSync('src/**/*.ts')
  .sort()
  .flatMap((file) => {
    if (ELSEWHERE.has(file)) return [];
    const text = readFileSync(file, 'utf8');
    const found: Literal[] = [];
    new Visitor({
      Literal(node: Node) {
        if (!('regex' in node)) return;
        const line = text.slice(0, node.start).split('\n').length;
        found.push({ place: `${file}:${line}`, source: node.regex.pattern, flags: node.regex.flags });
      },
    } as never).visit(parseSync(file, text).program);
    return found;
  });

/** Endings of expressions that recheck counts as quadratic, because they scan the same few characters several times. */
const BOUNDED: readonly string[] = [
  // redemption-search.ts: at most 40 characters follow a name, for any length of the text.
  '[^&;=]{0,40})?[=\\0]',
];

/** recheck takes a match that its own timeouts end for a slow one, as on a busy machine; only its limits of steps count here. */
const LIMITS = {
  timeout: 60_000,
  seedingTimeout: null,
  incubationTimeout: null,
  mutationTimeout: null,
  attackTimeout: null,
};

describe('a regular expression takes no more than linear time', () => {
  test('finds regular expressions', () => expect(LITERALS.length).toBeGreaterThan(50));

  test.each([
    ...new Map(LITERALS.map((literal) => [`${literal.source}/${literal.flags}`, literal])).values(),
  ])(
    '$place: $source',
    async ({ source, flags }) => {
      if (BOUNDED.some((end) => source.endsWith(end))) return;
      // recheck includes that an unanchored search is tried at every character.
      const { status } = await check(source, flags, LIMITS);
      expect(status).toBe('safe');
    },
    90_000,
  );
});
