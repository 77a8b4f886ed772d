/** What the proxies in front say about a request: one entry per proxy, the nearest last. */
export type ForwardedLists = {
  readonly for: readonly string[];
  readonly proto: readonly string[];
  readonly host: readonly string[];
  readonly port: readonly string[];
  readonly prefix: readonly string[];
};

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** From X-Forwarded-*, or if there are none, from Forwarded (RFC 7239). */
export function readForwarded(headers: Headers): ForwardedLists {
  const lists = {
    for: listOf(headers['x-forwarded-for']),
    proto: listOf(headers['x-forwarded-proto']),
    host: listOf(headers['x-forwarded-host']),
    port: listOf(headers['x-forwarded-port']),
    prefix: listOf(headers['x-forwarded-prefix']),
  };
  const said = lists.for.length + lists.proto.length + lists.host.length > 0;
  const { forwarded } = headers;
  if (said || typeof forwarded !== 'string') return lists;
  const elements = parseForwarded(forwarded);
  const valuesOf = (name: string) => elements.flatMap((element) => element.get(name) ?? []);
  return { ...lists, for: valuesOf('for'), proto: valuesOf('proto'), host: valuesOf('host') };
}

/** One pair of an element, and what ends it. */
const PAIR = /\s*([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))\s*([,;]|$)/y;

/** RFC 7239 4. Text after a syntax error is ignored. */
function parseForwarded(text: string): Map<string, string>[] {
  const elements: Map<string, string>[] = [];
  let element = new Map<string, string>();
  const pair = new RegExp(PAIR);
  for (;;) {
    const [, name, quoted, token, end] = pair.exec(text) ?? [];
    if (name === undefined) return elements;
    element.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
    if (end === ';') continue;
    elements.push(element);
    element = new Map();
    if (end !== ',') return elements;
  }
}

function listOf(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(',') : header;
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}
