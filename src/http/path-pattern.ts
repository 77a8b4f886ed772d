/** The segments that the placeholders of a pattern matched, joined by `/`: those with a name, and all. */
export type MatchedSegments = { readonly realm: string; readonly all: string };

/** A path pattern: `{name}` matches exactly one segment, and so does `{*}`, which makes no realm. */
export type PathPattern = {
  readonly text: string;
  match(path: string): MatchedSegments | undefined;
};

const NONE: MatchedSegments = { realm: '', all: '' };

export function compilePathPattern(text: string): PathPattern {
  if (!text.includes('{')) return { text, match: (path) => (path === text ? NONE : undefined) };
  const segments = text.split('/');
  const placeholders = segments.filter(isPlaceholder);
  const source = segments
    .map((segment) => (isPlaceholder(segment) ? '([^/]+)' : escapeRegExp(segment)))
    .join('/');
  const expression = new RegExp(`^${source}$`);
  return {
    text,
    match(path) {
      const found = expression.exec(path)?.slice(1);
      const named = found?.filter((_, index) => placeholders[index] !== '{*}');
      return found && named && { realm: named.join('/'), all: found.join('/') };
    },
  };
}

function isPlaceholder(segment: string): boolean {
  return /^\{[^{}]*\}$/.test(segment);
}

/**
 * The path as the most lenient server would read it: percent-decoded as often as that changes anything, backslashes as
 * slashes, empty, `.` and `..` segments resolved, path parameters (`;…`) and what follows a NUL, or an encoded `?` or
 * `#`, cut off, the session of a browser without cookies dropped, trailing dots and spaces trimmed, case folded. Two paths that
 * agree in this reading may be one to some server.
 */
export function loosenPath(path: string): string {
  return loosen(decodeFully(path));
}

/** The path loosened, its octets taken as Latin-1, and as UTF-8: overlong forms too, and compatibility characters folded. */
export function loosePathsOf(path: string): readonly string[] {
  const latin1 = decodeFully(path);
  const texts = new Set([latin1, readUtf8(latin1.replace(OVERLONG_PAIR, shortenPair))]);
  return [...texts].map(loosen);
}

/**
 * Every reading of a path, loosened: its octets taken as Latin-1, and as UTF-8 with compatibility characters folded.
 * `undefined`: there are too many readings, because the path contains `..`, control characters or overlong UTF-8, or is
 * encoded too many times. No honest client sends such a path: browsers resolve it first.
 */
export function readingsOf(path: string): readonly string[] | undefined {
  const latin1 = decodeFully(path);
  const utf8 = readUtf8(latin1);
  const texts = latin1 === utf8 ? [latin1] : [latin1, utf8];
  return texts.some(isTwisted) ? undefined : texts.map(loosen);
}

function decodeFully(path: string): string {
  let text = path;
  for (let round = 0; round < 4 && text.includes('%'); round++) {
    // IIS also decodes `%u0074`.
    const decoded = text.replace(ENCODED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (decoded === text) break;
    text = decoded;
  }
  return text;
}

const ENCODED = /%(?:u00)?([0-9a-f]{2})/gi;
// C0, C1, E0 80–9F and F0 80–8F begin overlong forms of other characters (RFC 3629 3).
const OVERLONG = /[\xc0\xc1]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]/;

// An ASCII character in two octets, as Java once read it.
const OVERLONG_PAIR = /[\xc0\xc1][\x80-\xbf]/g;

function shortenPair(pair: string): string {
  return String.fromCharCode(((pair.charCodeAt(0) & 1) << 6) | (pair.charCodeAt(1) & 0x3f));
}

function readUtf8(octets: string): string {
  return Buffer.from(octets, 'latin1').toString('utf8').normalize('NFKC');
}

function isTwisted(text: string): boolean {
  if (/[\u0000-\u001f\u007f]/.test(text) || OVERLONG.test(text) || text.search(ENCODED) !== -1) return true;
  return text.split(/[/\\]/).some((segment) => segment.replace(/;.*$/s, '').trim() === '..');
}

/** ASP.NET takes a session or an identity from any segment. */
const COOKIELESS = /^\((?:[a-z]\([^()]*\))+\)$/i;

function loosen(text: string): string {
  const end = text.search(/[\u0000?#]/);
  const segments: string[] = [];
  for (const raw of (end === -1 ? text : text.slice(0, end)).replaceAll('\\', '/').split('/')) {
    const segment = raw.replace(/;.*$/s, '').trim();
    const name = trimDots(segment);
    if (segment === '..') segments.pop();
    else if (name !== '' && !COOKIELESS.test(name)) segments.push(name.toLowerCase());
  }
  return `/${segments.join('/')}`;
}

/** Some servers drop dots and spaces at the end of a name. */
function trimDots(segment: string): string {
  let end = segment.length;
  while (end > 0 && '. '.includes(segment[end - 1] as string)) end -= 1;
  return segment.slice(0, end);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
