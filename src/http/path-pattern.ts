/** A path in which `{name}` stands for exactly one segment. */
export type PathPattern = {
  readonly text: string;
  /** The segments that the placeholders took, joined by `/` (`` where there are none); `undefined`: no match. */
  match(path: string): string | undefined;
};

export function compilePathPattern(text: string): PathPattern {
  if (!text.includes('{')) return { text, match: (path) => (path === text ? '' : undefined) };
  const source = text
    .split('/')
    .map((segment) => (/^\{[^{}]*\}$/.test(segment) ? '([^/]+)' : escapeRegExp(segment)))
    .join('/');
  const expression = new RegExp(`^${source}$`);
  return { text, match: (path) => expression.exec(path)?.slice(1).join('/') };
}

/**
 * The path as the most lenient server would read it: percent-decoded as often as that changes anything, backslashes as
 * slashes, empty, `.` and `..` segments resolved, path parameters (`;…`) and what follows a NUL, or an encoded `?` or
 * `#`, cut off, trailing dots and spaces trimmed, case folded. Two paths that agree in this reading may be one to some server.
 */
export function loosenPath(path: string): string {
  let text = path;
  for (let round = 0; round < 4 && text.includes('%'); round++) {
    // IIS also knows `%u0074`.
    const decoded = text.replace(/%(?:u00)?([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded === text) break;
    text = decoded;
  }
  const end = text.search(/[\u0000?#]/);
  if (end !== -1) text = text.slice(0, end);
  const segments: string[] = [];
  for (const raw of text.replaceAll('\\', '/').split('/')) {
    const segment = raw.replace(/;.*$/s, '').trim();
    const name = segment.replace(/[. ]+$/, '');
    if (segment === '..') segments.pop();
    else if (name !== '') segments.push(name.toLowerCase());
  }
  return `/${segments.join('/')}`;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
