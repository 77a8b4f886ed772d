import fc from 'fast-check';
import {
  type DefaultTreeAdapterMap,
  type DefaultTreeAdapterTypes,
  defaultTreeAdapter,
  parse,
  type TreeAdapter,
} from 'parse5';
import { describe, expect, test } from 'vitest';
import { BodyCarriers } from '../../src/oauth/carriers/body-carriers.ts';
import { rewriteCarriers } from '../../src/oauth/carriers/carrier.ts';
import type { ContentFamily } from '../../src/oauth/carriers/content-family.ts';
import { readHeaderCarriers } from '../../src/oauth/carriers/header-carriers.ts';
import { CONSTRUCT_LIMIT } from '../../src/oauth/carriers/piece.ts';
import { AROUND, CHANGES, carriersOf, PREFIX, readBody, rewriteBody } from '../support/read-carriers.ts';

const FAMILIES: readonly ContentFamily[] = ['html', 'xhtml', 'xml', 'json', 'script', 'text'];
const CB = 'https://app.example.com/cb';

/** Parts of bodies, including those that break readers. */
const SCRAPS = [
  ...['<', '>', '</', '/>', '"', "'", '`', '=', ' ', '\n', '\0', '\\', '&', '&#', '&amp;', '%26', '\\u0026'],
  ...['{', '}', '[', ']', '(', ')', ',', ':', ';', '/', '//', '/*', '*/', '<!--', '-->', '<![CDATA[', ']]>'],
  ...[
    '<form method=post>',
    '</form>',
    '<input',
    ' name=state',
    ' name=code',
    ' value=x',
    '<textarea name=code>',
  ],
  ...[
    '</textarea>',
    '<script>',
    '</script>',
    '<a href="',
    '<meta http-equiv=refresh content="',
    '<base href=/x>',
  ],
  ...[
    '"code":"old-code"',
    '"state":',
    'code=',
    'state=',
    '?',
    '#',
    CB,
    PREFIX,
    `"${PREFIX}x"`,
    '\xe9',
    'text',
  ],
  ...[`${CB}?code=x&state=${PREFIX}`, encodeURIComponent(`${CB}?code=x&state=${PREFIX}`), 'postMessage('],
  ...['<code>', '</code>', '<state>', '</state>', '<r code="old-code" state="', '/* */', '/["/]/'],
];
const body = fc.array(fc.constantFrom(...SCRAPS), { maxLength: 40 }).map((scraps) => scraps.join(''));
const family = fc.constantFrom(...FAMILIES);

function* elements(parent: DefaultTreeAdapterTypes.ParentNode): Generator<DefaultTreeAdapterTypes.Element> {
  for (const node of parent.childNodes) {
    if (!('tagName' in node)) continue;
    yield node;
    yield* elements(node);
  }
}
const attribute = (element: DefaultTreeAdapterTypes.Element | undefined, name: string) =>
  element?.attrs.find((candidate) => candidate.name === name)?.value;

describe('for any body', () => {
  test('the pieces form the body, with the same carriers for any chunks', () => {
    fc.assert(
      fc.property(family, body, fc.array(fc.nat(60), { maxLength: 20 }), (family, body, lengths) => {
        const carriers = new BodyCarriers(family, AROUND);
        const pieces = [];
        let at = 0;
        for (const length of lengths) {
          pieces.push(...carriers.push(body.slice(at, at + length)));
          at += length;
        }
        pieces.push(...carriers.push(body.slice(at)), ...carriers.end());
        expect(pieces.map(({ text }) => text).join('')).toBe(body);
        const whole = readBody(family, body);
        const say = (read: typeof whole) =>
          carriersOf(read).map(({ kind, target, codes, states, places }) => ({
            ...{ kind, codes, states },
            ...{ target: target?.href, places: places.map(({ href }) => href) },
          }));
        expect(say(pieces)).toEqual(say(whole));
        expect(rewriteBody(pieces)).toBe(rewriteBody(whole));
        const none = { ...CHANGES, hadState: false, iss: 'https://as' };
        expect(rewriteBody(pieces, none)).toBe(rewriteBody(whole, none));
      }),
      { numRuns: 3_000 },
    );
  });

  test('without changes the text stays', () => {
    fc.assert(
      fc.property(family, body, (family, body) => {
        const nothing = { prefix: undefined, hadState: true, code: undefined, iss: undefined };
        expect(rewriteBody(readBody(family, body), nothing)).toBe(body);
      }),
      { numRuns: 1_000 },
    );
  });

  test('without a prefix or a form, every byte passes', () => {
    fc.assert(
      fc.property(family, body, (family, body) => {
        fc.pre(!body.includes('pg') && !body.includes('<form'));
        for (const { carriers, tooLarge } of readBody(family, body)) {
          expect(carriers).toEqual([]);
          expect(tooLarge).toBeUndefined();
        }
      }),
    );
  });
});

describe('a browser submits no form with an undetected code', () => {
  const scrap = fc.constantFrom(
    ...[
      '<',
      '>',
      '/>',
      '"',
      "'",
      '=',
      ' ',
      '\n',
      '&',
      '<!--',
      '-->',
      '--!>',
      '<!-->',
      '<?x',
      '<!x',
      '</x',
      '</',
      'text',
    ],
    ...[
      '<form method=post action=/a>',
      '<form action="/b">',
      '</form>',
      '<input',
      ' name=code',
      ' value="y"',
      " value='z'",
    ],
    ...[
      '<input name=code value=x>',
      '<INPUT NAME="code" VALUE=q/>',
      '<input name = code value = 1>',
      ' type=hidden',
    ],
    ...[
      '<button name=code value=b>',
      '</button>',
      '<textarea name=code>',
      '</textarea>',
      '<script>',
      '</script>',
    ],
    ...[
      '<title>',
      '</title>',
      '<style>',
      '</style>',
      '<iframe>',
      '</iframe>',
      '<noscript>',
      '<xmp>',
      '<a href="',
      '</a>',
    ],
    ...[
      '<div>',
      '<p>',
      '<table>',
      '<tr>',
      '<td>',
      '</table>',
      '</body>',
      '<input value=7 name="c&#111;de">',
      '<br/>',
    ],
  );

  /** Each form with its address and the codes in its controls, by a real HTML parser. */
  function submitted(html: string): string[] {
    const owners = new Map<unknown, DefaultTreeAdapterTypes.Element | null>();
    const treeAdapter: TreeAdapter<DefaultTreeAdapterMap> = {
      ...defaultTreeAdapter,
      // An input belongs to the form that is open before it, wherever the parser puts both.
      onElementCreated: (element, { formElement }) => void owners.set(element, formElement),
    };
    const codes = new Map<DefaultTreeAdapterTypes.Element, string[]>();
    for (const element of elements(parse(html, { treeAdapter, scriptingEnabled: false }))) {
      const form = owners.get(element);
      const text = element.childNodes.map((node) => ('value' in node ? node.value : '')).join('');
      const value = element.tagName === 'textarea' ? text : attribute(element, 'value');
      if (!['input', 'button', 'textarea'].includes(element.tagName) || attribute(element, 'name') !== 'code')
        continue;
      if (form && value) codes.set(form, [...(codes.get(form) ?? []), value]);
    }
    return [...codes].map(([form, values]) => `${attribute(form, 'action')} ${values.sort().join()}`).sort();
  }

  test('for any page', () => {
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 14 }), (scraps) => {
        const html = scraps.join('');
        // A browser drops the first line end of a textarea.
        fc.pre(!/<textarea[^>]*>\n/.test(html));
        const seen = carriersOf(readBody('html', html))
          .filter(({ kind }) => kind === 'form')
          .map(({ target, codes }) => `${target?.pathname} ${[...codes].sort().join()}`);
        expect(seen.sort()).toEqual(submitted(html));
      }),
      { numRuns: 3_000 },
    );
  });
});

/** States of clients: printable text, and bytes as in a page. */
const state = fc.string({
  unit: fc
    .oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0xa1, max: 0xff }))
    .map((code) => String.fromCharCode(code)),
  maxLength: 12,
});
const isLatin = (text: string) =>
  Buffer.from(Buffer.from(text, 'latin1').toString('utf8'), 'utf8').equals(Buffer.from(text, 'latin1'));
/** Whether each character is escaped. */
const dice = fc.array(fc.nat(3), { minLength: 1, maxLength: 8 });

function escapeSome(
  text: string,
  dice: readonly number[],
  must: RegExp,
  write: (character: string, die: number) => string,
): string {
  return [...text]
    .map((character, index) => {
      const die = dice[index % dice.length] as number;
      // The prefix is unescaped: no server escapes letters and digits.
      const may = !/[a-z0-9]/i.test(character) && die > 0;
      return must.test(character) || may ? write(character, die) : character;
    })
    .join('');
}
const code = (character: string, radix: number) => character.charCodeAt(0).toString(radix);
const entity = (character: string, die: number) =>
  die % 2 === 0 ? `&#${code(character, 10)};` : `&#x${code(character, 16)};`;
const scriptEscape = (character: string, die: number) =>
  die === 1 && /[/"'\\]/.test(character) ? `\\${character}` : `\\u${code(character, 16).padStart(4, '0')}`;

const first = (html: string, name: string) =>
  [...elements(parse(html))].find(({ tagName }) => tagName === name);

/** Notations of a URL, each with a browser's reading. */
const WAYS: Readonly<
  Record<
    string,
    { write(url: string, dice: readonly number[]): string; family: ContentFamily; read(body: string): string }
  >
> = {
  link: {
    family: 'html',
    write: (url, dice) => `<p><a class='x' href="${escapeSome(url, dice, /["&]/, entity)}" id=a>on</a>`,
    read: (body) => attribute(first(body, 'a'), 'href') ?? '',
  },
  refresh: {
    family: 'html',
    write: (url, dice) =>
      `<meta http-equiv=refresh content='0;url=${escapeSome(url, dice, /['&]/, entity)}'>`,
    read: (body) => (attribute(first(body, 'meta'), 'content') ?? '').slice('0;url='.length),
  },
  script: {
    family: 'html',
    write: (url, dice) =>
      `<script>var a = 'x', u = "${escapeSome(url, dice, /["\\<]/, scriptEscape)}";</script>`,
    read: (body) => JSON.parse(`"${/u = "(.*)";/s.exec(body)?.[1]?.replaceAll("\\'", "'")}"`),
  },
  json: {
    family: 'json',
    write: (url, dice) =>
      `{"a":[1],"to":"${escapeSome(url, dice, /["\\]/, scriptEscape).replaceAll("\\'", "'")}"}`,
    read: (body) => JSON.parse(body).to,
  },
  parameter: {
    family: 'text',
    write: (url) => `https://login.example.com/go?x=1&to=${encodeURIComponent(url)}&y=2 `,
    read: (body) => new URL(body).searchParams.get('to') ?? '',
  },
};

describe('in the rewritten text, a browser reads', () => {
  test.each(Object.keys(WAYS))('the client’s state and the gateway’s code: %s', (way) => {
    const { family, write, read } = WAYS[way] as (typeof WAYS)[string];
    fc.assert(
      fc.property(state, dice, fc.boolean(), fc.boolean(), (state, dice, hadState, adds) => {
        fc.pre(isLatin(state));
        const sent = Buffer.from(state, 'latin1').toString('utf8');
        const url = `${CB}?tenant=1&code=old&state=${PREFIX}${encodeURIComponent(sent)}&x=${encodeURIComponent(sent)}`;
        const changes = { ...CHANGES, hadState, iss: adds ? 'https://as.example/?a&"' : undefined };
        const target = new URL(read(rewriteBody(readBody(family, write(url, dice)), changes)));
        expect([...target.searchParams]).toEqual([
          ['tenant', '1'],
          ['code', 'NEW'],
          ...(hadState ? [['state', sent]] : []),
          ['x', sent],
          ...(adds ? [['iss', changes.iss]] : []),
        ]);
      }),
      { numRuns: 500 },
    );
  });

  test('the same from a Location, which keeps every other octet', () => {
    const part = fc.constantFrom('a=1', '%zz', '', 'b', 'c=%2f+', 'd=é', 'x=?');
    fc.assert(
      fc.property(fc.array(part), fc.array(part), state, (before, behind, state) => {
        const write = (code: string, value: string) =>
          `${CB}?${[...before, `code=${code}`, `state=${value}`, ...behind].join('&')}`;
        const encoded = encodeURIComponent(state);
        const location = write('old', PREFIX + encoded);
        const [found] = readHeaderCarriers(['location', location], AROUND);
        const changed = rewriteCarriers(
          location,
          (found?.carriers ?? []).map((carrier) => [carrier, CHANGES] as const),
        );
        expect(changed).toBe(write('NEW', encoded));
      }),
    );
  });

  const field = fc.record({
    name: fc.constantFrom('code', 'state', 'iss', 'Code', 'x-y', 'session_state'),
    value: state,
    isPrefixed: fc.boolean(),
    quote: fc.constantFrom('"', "'", ''),
    space: fc.constantFrom('', ' ', '\n', '\r\n'),
    capitals: fc.boolean(),
    valueFirst: fc.boolean(),
    further: fc.constantFrom(
      '',
      ' type="hidden"',
      ` data-x="${PREFIX}"`,
      ' value-of=1',
      " id='value'",
      ' a=b=c',
    ),
    end: fc.constantFrom('>', ' >', ' />'),
    behind: fc.constantFrom(
      '',
      '\n',
      'text',
      '<br>',
      `<!-- value="${PREFIX}" -->`,
      '<p>',
      '</div>',
      '<script>"<input>"</script>',
    ),
  });
  type Field = typeof field extends fc.Arbitrary<infer Value> ? Value : never;
  const sentBy = ({ value, isPrefixed }: Field) => (isPrefixed ? PREFIX + value : value);

  function writeAttribute(name: string, text: string, { quote, space, capitals }: Field): string {
    const escaped = text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/'/g, '&#x27;');
    // Without quotes, a value must not contain any of these, or be empty.
    const mark = quote === '' && (text === '' || /[\s"'<>=`/]/.test(text)) ? '"' : quote;
    return ` ${capitals ? name.toUpperCase() : name}${space}=${space}${mark}${escaped}${mark}`;
  }
  function writeField(item: Field): string {
    const attributes = [writeAttribute('name', item.name, item), writeAttribute('value', sentBy(item), item)];
    if (item.valueFirst) attributes.reverse();
    return `<${item.capitals ? 'INPUT' : 'input'}${attributes.join('')}${item.further}${item.end}${item.behind}`;
  }
  const fieldsOf = (html: string) =>
    [...elements(parse(html))]
      .filter(({ tagName }) => tagName === 'input')
      .map((input) => [attribute(input, 'name'), attribute(input, 'value')]);

  test('the same from a form', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 6 }), fc.boolean(), fc.nat(40), (fields, hadState, size) => {
        const html = `<html>\r\n<body><form action='${CB}' METHOD=Post>\n${fields.map(writeField).join('')}</form>`;
        const pieces = readBody('html', html, size + 1);
        const changed = fields.flatMap((item) => {
          const value = sentBy(item);
          if (item.name === 'code' && value !== '') return [[item.name, 'NEW']];
          if (item.name !== 'state' || !item.isPrefixed) return [[item.name, value]];
          return hadState ? [[item.name, item.value]] : [];
        });
        expect(fieldsOf(rewriteBody(pieces, { ...CHANGES, hadState }))).toEqual(changed);
      }),
      { numRuns: 2_000 },
    );
  });

  test('the same from members of JSON', () => {
    const member = fc.tuple(fc.constantFrom('a', 'b', 'error', 'x'), fc.jsonValue({ maxDepth: 1 }));
    const members = fc.uniqueArray(member, { selector: ([name]) => name, maxLength: 3 });
    fc.assert(
      fc.property(
        members,
        members,
        state,
        fc.nat(2),
        fc.boolean(),
        (before, behind, state, indent, hadState) => {
          fc.pre(isLatin(state));
          const names = new Set(before.map(([name]) => name));
          const rest = behind.filter(([name]) => !names.has(name));
          const own = { code: 'old-code', state: PREFIX + state, uri: CB };
          const value = { ...Object.fromEntries(before), ...own, ...Object.fromEntries(rest) };
          const body = Buffer.from(JSON.stringify(value, null, indent)).toString('latin1');
          const changed = rewriteBody(readBody('json', body), { ...CHANGES, hadState, iss: 'https://as' });
          const { state: _, ...others } = { ...value, code: 'NEW', iss: 'https://as' };
          const expected = hadState ? { ...others, state } : others;
          expect(JSON.parse(Buffer.from(changed, 'latin1').toString('utf8'))).toEqual(
            JSON.parse(JSON.stringify(expected)),
          );
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('a large body has limited costs', () => {
  const UNITS = [
    ...SCRAPS,
    ...['a:', 'a/', '<a b="', '<input name=state value=pg', 'pg', 'ab', '-', `"state":"${PREFIX}",`],
    ...['{"code":"old-code",', `{"code":"old-code","state":"${PREFIX}"},`, `?state=${PREFIX}&`, 'code="a" '],
  ];
  /** The number of searched characters in a body of this length. */
  function steps(family: ContentFamily, unit: string, length: number, size: number): number {
    let searched = 0;
    const around = {
      ...AROUND,
      findPrefix(text: string, from: number) {
        searched += text.length - from;
        return AROUND.findPrefix(text, from);
      },
    };
    const carriers = new BodyCarriers(family, around);
    const body = unit.repeat(Math.ceil(length / unit.length));
    for (let at = 0; at < body.length; at += size) carriers.push(body.slice(at, at + size));
    carriers.end();
    return searched;
  }

  test.each(FAMILIES)('%s', (family) => {
    const length = 2_000;
    for (const unit of UNITS) {
      for (const size of [1, 1_000]) {
        const one = steps(family, unit, length, size);
        const four = steps(family, unit, 4 * length, size);
        expect(four, `${unit} in parts of ${size}`).toBeLessThanOrEqual(4.5 * one + 2_000);
      }
    }
  });

  test.each(FAMILIES)('%s: at most one construct is buffered', (family) => {
    for (const unit of UNITS) {
      const carriers = new BodyCarriers(family, AROUND);
      const part = unit.repeat(Math.ceil(1_000 / unit.length));
      let held = 0;
      for (let count = 0; count < 150; count += 1) {
        held += part.length;
        for (const { text } of carriers.push(part)) held -= text.length;
        // A script is a separate construct within a form.
        expect(held, unit).toBeLessThanOrEqual(2 * (CONSTRUCT_LIMIT + part.length));
      }
    }
  });
});
