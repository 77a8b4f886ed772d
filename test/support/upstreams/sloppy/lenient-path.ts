import type { IncomingMessage } from 'node:http';

export type LenientTarget = {
  /** Lower case, decoded, without everything that some server drops. */
  readonly path: string;
  readonly query: string;
};

/** Names of front controllers, after which the application's own path follows. */
const SCRIPT = /^(index|default|idp)\.(psgi|php|cgi|fcgi|aspx)$/;

/** Reads a request target with the combined tolerance of IIS, PHP, Java, Perl and C servers. */
export function readLenientTarget({ url = '/', headers }: IncomingMessage): LenientTarget {
  const [prefix = ''] = overridesOf(headers, /^(x[-_])?script[-_]name$/);
  const inside = url.startsWith(prefix) ? url.slice(prefix.length) : url;
  const [target = ''] = overridesOf(headers, /^x[-_](original|rewrite)[-_]url$/).concat(inside);
  const local = target.replace(/^[a-z]+:\/\/[^/?#\\]*/i, '');
  const question = local.indexOf('?');
  const path = question === -1 ? local : local.slice(0, question);
  const query = question === -1 ? '' : local.slice(question + 1);
  // A rewritten path keeps the query of the request line.
  const own = url.indexOf('?');
  return { path: lenientPath(path), query: query || (own === -1 ? '' : url.slice(own + 1)) };
}

/** The values of headers with these names; CGI does not distinguish `-` and `_`. */
export function overridesOf(headers: IncomingMessage['headers'], name: RegExp): string[] {
  return Object.entries(headers)
    .filter(([header]) => name.test(header))
    .map(([, value]) => String(value));
}

/** Overlong forms are what they stand for, and compatibility characters are folded. */
function readUtf8(octets: string): string {
  const shortened = octets.replace(/\xc1([\x80-\xbf])/g, (_, last: string) =>
    String.fromCharCode(last.charCodeAt(0) - 0x40),
  );
  return Buffer.from(shortened, 'latin1').toString('utf8').normalize('NFKC');
}

function lenientPath(raw: string): string {
  let text = raw;
  for (let round = 0; round < 3; round++) {
    text = text.replace(/%(?:u00)?([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
  const [beforeEnd = ''] = readUtf8(text).split(/[\0?#]/, 1);
  const segments: string[] = [];
  for (const written of beforeEnd.replaceAll('\\', '/').split('/')) {
    const segment = written.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    const name = segment.replace(/[. ]+$/, '').replace(/^\(([a-z]\(.*\))+\)$/, '');
    if (segment === '..') segments.pop();
    else if (name !== '') segments.push(name);
  }
  const script = segments.findIndex((segment) => SCRIPT.test(segment));
  return `/${segments.slice(script + 1).join('/')}`;
}
