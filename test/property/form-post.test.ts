import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildFormPostPage } from '../../src/oauth/form-post-page.ts';
import { parsePostForms, rewriteFormPostPage } from '../../src/oauth/form-post-response.ts';

const PREFIX = 'pgeAAAAAAAAAAAAAAAAAAAAAAxxxxxx.';
/** Text without control characters, which HTML changes on its own, in octets as a page is read. */
const value = fc
  .string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
    maxLength: 10,
  })
  .map((text) => text.replace(/[\x7f-\x9f]/g, ''));
const input = fc.record({
  name: fc.constantFrom('code', 'state', 'iss', 'Code', 'x-y', 'session_state'),
  value: fc.oneof(
    value,
    value.map((rest) => PREFIX + rest),
  ),
  quote: fc.constantFrom('"', "'", ''),
  space: fc.constantFrom('', ' ', '\n', '\r\n'),
  capitals: fc.boolean(),
  valueFirst: fc.boolean(),
  further: fc.constantFrom('', ' type="hidden"', ` data-x="${PREFIX}"`, ' value-of=1', " id='value'"),
  end: fc.constantFrom('>', ' >', ' />'),
  behind: fc.constantFrom('', '\n', 'text', '<br>', `<!-- value="${PREFIX}" -->`, '<p>', '</div>', 'é'),
});
type Input = typeof input extends fc.Arbitrary<infer Value> ? Value : never;

function writeAttribute(name: string, text: string, { quote, space, capitals }: Input): string {
  const escaped = text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/'/g, '&#x27;');
  // Unquoted, a value must not have any of these, or be empty.
  const bare = text === '' || /[\s"'<>=`/]/.test(text) || text.includes('\xa0');
  const mark = quote === '' && bare ? '"' : quote;
  return ` ${capitals ? name.toUpperCase() : name}${space}=${space}${mark}${escaped}${mark}`;
}

function writeInput(item: Input): string {
  const attributes = [writeAttribute('name', item.name, item), writeAttribute('value', item.value, item)];
  if (item.valueFirst) attributes.reverse();
  return `<${item.capitals ? 'INPUT' : 'input'}${attributes.join('')}${item.further}${item.end}${item.behind}`;
}

const read = (html: string) =>
  parsePostForms(html).map(({ action, inputs }) => ({
    action,
    fields: inputs.map(({ name, value }) => [name, value]),
  }));

test('a rewritten page is the same form, but for code and state', () => {
  const action = 'https://app.example.com/cb?a=1&b';
  fc.assert(
    fc.property(fc.array(input, { maxLength: 6 }), fc.boolean(), value, (inputs, hadState, code) => {
      const html = `<html>\r\n<body><form action='${action}' METHOD=Post>\n${inputs.map(writeInput).join('')}</form>`;
      const [form] = parsePostForms(html);
      expect(form?.inputs.map(({ name, value }) => [name, value])).toEqual(
        inputs.map(({ name, value }) => [name, value]),
      );
      const rewritten =
        form && rewriteFormPostPage(html, form, { prefix: PREFIX, hadState, code, iss: undefined });
      const fields = inputs.flatMap(({ name, value }) => {
        if (name === 'code') return [[name, code]];
        if (name !== 'state' || !value.startsWith(PREFIX)) return [[name, value]];
        return hadState ? [[name, value.slice(PREFIX.length)]] : [];
      });
      expect(read(rewritten ?? '')).toEqual([{ action, fields }]);
    }),
    { numRuns: 1_000 },
  );
});

test('a page that the gateway makes posts what it was given', () => {
  const text = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\u0000-\u001f]/g, ''));
  fc.assert(
    fc.property(
      fc.webUrl({ withQueryParameters: true }),
      fc.array(fc.tuple(text, text)),
      (action, fields) => {
        expect(read(buildFormPostPage(action, fields))).toEqual([{ action, fields }]);
      },
    ),
  );
});

test('no page makes the parser throw, or rewriting', () => {
  const scrap = fc.constantFrom(
    ...[
      '<',
      '>',
      '</',
      '/>',
      '"',
      "'",
      '=',
      ' ',
      '\0',
      '\r\n',
      '&',
      '&#',
      '&amp',
      '<!--',
      '-->',
      '<form method=post>',
    ],
    ...[
      '</form>',
      '<input',
      ' name=state',
      ' name=code',
      ` value=${PREFIX}`,
      ' value="',
      '<table>',
      '<template>',
      '<svg>',
    ],
    ...[
      '<textarea>',
      '<select>',
      '<script>',
      '</script>',
      '<form',
      ' method=post',
      PREFIX,
      '\xe9',
      '<![CDATA[',
    ],
  );
  fc.assert(
    fc.property(fc.array(scrap, { maxLength: 30 }), fc.boolean(), (scraps, hadState) => {
      const html = scraps.join('');
      for (const form of parsePostForms(html)) {
        const rewritten = rewriteFormPostPage(html, form, {
          prefix: PREFIX,
          hadState,
          code: 'NEW',
          iss: undefined,
        });
        const codes = read(rewritten ?? '').flatMap(({ fields }) =>
          fields.filter(([name]) => name === 'code'),
        );
        if (parsePostForms(html).length === 1) expect(codes.every(([, code]) => code === 'NEW')).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
});
