import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { spellingsOf } from '../attack/path-spellings.ts';
import type { Draft, Pair } from './draft.ts';
import type { Random } from './random.ts';
import { CONTENT_TYPES, HEADERS, METHODS, PARAMETER_NAMES, PARAMETERS, PIECES } from './vocabulary.ts';

/** Changes a draft in place. */
type Mutation = (draft: Draft, random: Random) => void;

const listOf = (draft: Draft, random: Random): Pair[] =>
  draft.body !== undefined && (draft.query.length === 0 || random.chance(80)) ? draft.body : draft.query;
const pairOf = (draft: Draft, random: Random): Pair | undefined => {
  const list = listOf(draft, random);
  return list.length === 0 ? undefined : random.pick(list);
};
const newPair = (random: Random): Pair => {
  const name = random.pick(PARAMETER_NAMES);
  return { name, value: random.pick(PARAMETERS[name] ?? ['']) };
};
const cutInto = (text: string, piece: string, random: Random): string => {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + piece + text.slice(at);
};
const escapeAt = (text: string, random: Random): string => {
  if (text === '') return text;
  const at = random.below(text.length);
  const hex = text.charCodeAt(at).toString(16).padStart(2, '0');
  const escaped = random.pick([`%${hex}`, `%${hex.toUpperCase()}`, `%25${hex}`, `%u00${hex}`]);
  return text.slice(0, at) + escaped + text.slice(at + 1);
};
/** Changes the name or the value of a random pair. */
const inPair =
  (change: (text: string, random: Random) => string): Mutation =>
  (draft, random) => {
    const pair = pairOf(draft, random);
    if (pair === undefined) return;
    if (random.chance(50)) pair.name = change(pair.name, random);
    else pair.value = change(pair.value ?? '', random);
  };
const capital = (text: string, random: Random) =>
  random.chance(50) ? text.toUpperCase() : text.slice(0, 1).toUpperCase() + text.slice(1);

const PARAMETER_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a piece in a name or value': inPair((text, random) => cutInto(text, random.pick(PIECES), random)),
  'a piece before or after': inPair((text, random) =>
    random.chance(50) ? random.pick(PIECES) + text : text + random.pick(PIECES),
  ),
  'an escape': inPair(escapeAt),
  capitals: inPair(capital),
  'any octets': inPair((text, random) => cutInto(text, random.octets(1 + random.below(4)), random)),
  'a value of another kind': (draft, random) => {
    const pair = pairOf(draft, random);
    if (pair !== undefined) pair.value = random.pick(PARAMETERS[pair.name] ?? PIECES);
  },
  'no value': (draft, random) => {
    const pair = pairOf(draft, random);
    if (pair !== undefined) pair.value = random.pick(['', undefined]);
  },
  'one parameter less': (draft, random) => {
    const list = listOf(draft, random);
    list.splice(random.below(list.length), 1);
  },
  'one parameter more': (draft, random) => {
    const list = listOf(draft, random);
    list.splice(random.below(list.length + 1), 0, newPair(random));
  },
  'a parameter twice': (draft, random) => {
    const pair = pairOf(draft, random);
    if (pair === undefined) return;
    const list = listOf(draft, random);
    const value = random.chance(50) ? pair.value : random.pick(PARAMETERS[pair.name] ?? ['x']);
    list.splice(random.below(list.length + 1), 0, { name: pair.name, value });
  },
  'a parameter from body to query, or back': (draft, random) => {
    const from = listOf(draft, random);
    const [moved] = from.splice(random.below(from.length), 1);
    if (moved !== undefined) (from === draft.query ? (draft.body ?? draft.query) : draft.query).push(moved);
  },
  'all of the query as well': (draft) => {
    draft.query.push(...(draft.body ?? []).map((pair) => ({ ...pair })));
  },
  'another order': (draft, random) => {
    const list = listOf(draft, random);
    const [moved] = list.splice(random.below(list.length), 1);
    if (moved !== undefined) list.splice(random.below(list.length + 1), 0, moved);
  },
  'many parameters': (draft, random) => {
    const list = listOf(draft, random);
    for (let i = random.below(30); i > 0; i--) list.unshift({ name: `p${i}`, value: 'x' });
  },
  'another separator': (draft, random) => {
    draft.separator = random.pick([';', '&&', '&;', '&amp;', ',', '\r\n', '&\0']);
  },
};

const MESSAGE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'another spelling of the path': (draft, random) => {
    const name = random.pick(['token', 'authorize', 'par'] as const);
    const { resembling, beyond } = spellingsOf(name);
    draft.path = random.pick([...resembling, ...beyond]);
  },
  'a piece in the path': (draft, random) => {
    draft.path = `/${cutInto(draft.path.slice(1), random.pick([...PIECES, '/', '//', '/.', '/../']), random)}`;
  },
  'an escape in the path': (draft, random) => {
    draft.path = `/${escapeAt(draft.path.slice(1), random)}`;
  },
  'another endpoint': (draft, random) => {
    draft.path = random.pick(['/oauth2/token', '/oauth2/authorize', '/oauth2/par', '/login', '/', '*', '']);
  },
  'a target in absolute form': (draft, random) => {
    draft.path = `${random.pick(['http://', 'https://', 'HTTP://', '//', 'x:'])}${random.pick(['gateway.test', 'evil.example', 'gateway.test:1', ''])}${draft.path}`;
  },
  'another method': (draft, random) => {
    draft.method = random.pick(METHODS);
  },
  'body and query change places': (draft) => {
    const { query } = draft;
    draft.query = draft.body ?? [];
    draft.body = query;
    draft.contentType ??= 'application/x-www-form-urlencoded';
    draft.method = 'POST';
  },
  'a header': (draft, random) => {
    draft.headers.splice(random.below(draft.headers.length + 1), 0, random.pick(HEADERS));
  },
  'a header of any octets': (draft, random) => {
    const value = random.octets(random.below(12)).replace(/[\r\n]/g, '');
    draft.headers.push(`X-Any: ${value}`);
  },
  'many headers': (draft, random) => {
    for (let i = random.below(60); i > 0; i--) draft.headers.push(`X-H${i}: ${'v'.repeat(random.below(40))}`);
  },
  'another content type': (draft, random) => {
    draft.contentType = random.chance(10) ? undefined : random.pick(CONTENT_TYPES);
  },
  'a body in JSON': (draft) => {
    draft.contentType = 'application/json';
    draft.writeBody = (pairs) =>
      `{${pairs.map(({ name, value }) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  },
  'a body in multipart': (draft) => {
    draft.contentType = 'multipart/form-data; boundary=b';
    draft.writeBody = (pairs) =>
      `${pairs.map(({ name, value }) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('')}--b--\r\n`;
  },
  'a coded body': (draft, random) => {
    const [name, encode] = random.pick(ENCODINGS);
    draft.bodySteps.push((body) => encode(Buffer.from(body, 'latin1')).toString('latin1'));
    if (random.chance(80)) draft.headers.push(`Content-Encoding: ${name}`);
  },
  'a body in another charset': (draft, random) => {
    const [charset, encode] = random.pick(CHARSETS);
    draft.bodySteps.push((body) => encode(body));
    if (random.chance(50)) draft.contentType = `application/x-www-form-urlencoded; charset=${charset}`;
  },
  'something around the body': (draft, random) => {
    const [before, after] = [random.chance(50) ? random.pick(PIECES) : '', random.pick(PIECES)];
    draft.bodySteps.push((body) => before + body + after);
  },
  'a body in chunks': (draft, random) => {
    const size = 1 + random.below(40);
    const extension = random.pick(['', '', ';x', ';x=y', ';a="b"']);
    draft.frame = (body) => {
      let framed = '';
      for (let at = 0; at < body.length; at += size) {
        const chunk = body.slice(at, at + size);
        framed += `${chunk.length.toString(16)}${extension}\r\n${chunk}\r\n`;
      }
      return `${framed}0\r\n\r\n`;
    };
  },
};

const RAW_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'another octet on the wire': (draft, random) => {
    const [where, octet] = [random.below(2 ** 30), random.octets(1)];
    draft.rawSteps.push((bytes) => {
      const at = where % bytes.length;
      return bytes.slice(0, at) + octet + bytes.slice(at + 1);
    });
  },
  'a piece on the wire': (draft, random) => {
    const [where, piece] = [
      random.below(2 ** 30),
      random.pick([...PIECES, ...HEADERS.map((header) => `\r\n${header}`)]),
    ];
    draft.rawSteps.push((bytes) => {
      const at = where % bytes.length;
      return bytes.slice(0, at) + piece + bytes.slice(at);
    });
  },
  'a piece less on the wire': (draft, random) => {
    const [where, length] = [random.below(2 ** 30), 1 + random.below(8)];
    draft.rawSteps.push((bytes) => {
      const at = where % bytes.length;
      return bytes.slice(0, at) + bytes.slice(at + length);
    });
  },
  'other line ends': (draft, random) => {
    const end = random.pick(['\n', '\r', '\r\r\n', '\n\r\n']);
    draft.rawSteps.push((bytes) => bytes.replaceAll('\r\n', end));
  },
};

const ENCODINGS: readonly (readonly [string, (body: Buffer) => Buffer])[] = [
  ['gzip', (body) => gzipSync(body)],
  ['deflate', (body) => deflateSync(body)],
  ['deflate', (body) => deflateRawSync(body)],
  ['br', (body) => brotliCompressSync(body)],
];

const CHARSETS: readonly (readonly [string, (body: string) => string])[] = [
  ['utf-16le', (body) => Buffer.from(body, 'utf16le').toString('latin1')],
  ['utf-16be', (body) => Buffer.from(body, 'utf16le').swap16().toString('latin1')],
  ['utf-16', (body) => `\xff\xfe${Buffer.from(body, 'utf16le').toString('latin1')}`],
  ['utf-8', (body) => `\xef\xbb\xbf${body}`],
  ['utf-7', (body) => body.replaceAll('_', '+AF8-').replaceAll('=', '+AD0-')],
];

const ALL: Readonly<Record<string, Mutation>> = {
  ...PARAMETER_MUTATIONS,
  ...MESSAGE_MUTATIONS,
  ...RAW_MUTATIONS,
};
const NAMES = {
  parameters: Object.keys(PARAMETER_MUTATIONS),
  message: Object.keys(MESSAGE_MUTATIONS),
  raw: Object.keys(RAW_MUTATIONS),
};

/** The names of zero to six mutations, in order. */
export function pickMutations(random: Random): string[] {
  const picked: string[] = [];
  for (let i = random.below(6); i > 0; i--) {
    picked.push(random.pick(random.chance(60) ? NAMES.parameters : NAMES.message));
  }
  if (random.below(25) === 0) picked.push(random.pick(NAMES.raw));
  return picked;
}

export function mutate(draft: Draft, mutation: string, random: Random): void {
  const apply = ALL[mutation];
  if (apply === undefined) throw new Error(`no such mutation: ${mutation}`);
  apply(draft, random);
}
