/** The address of a Redis, from its URL. */
export type RedisAddress = {
  readonly target:
    | { readonly host: string; readonly port: number; readonly tls: boolean }
    | { readonly path: string };
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
};

const DEFAULT_PORT = 6379;
const DATABASE = /^\d{1,5}$/;

/**
 * Reads `redis://[user:password@]host[:port][/database]`, `rediss://…` (TLS), `redis+unix:///path[?db=database]`,
 * `unix:///path` or a bare `/path`; `undefined` for anything else. It throws no error, because the URL may contain a password.
 */
export function parseRedisUrl(text: string): RedisAddress | undefined {
  const url = URL.parse(text.startsWith('/') ? `unix://${text}` : text);
  if (url === null) return undefined;
  const username = decode(url.username);
  const password = decode(url.password);
  if (username === undefined || password === undefined) return undefined;
  const credentials = { username: username || undefined, password: password || undefined };

  if (url.protocol === 'redis+unix:' || url.protocol === 'unix:') {
    const path = decode(url.pathname);
    const database = parseDatabase(url.searchParams.get('db') ?? '');
    if (!path || path === '/' || url.hostname !== '' || database === undefined) return undefined;
    return { target: { path }, ...credentials, database };
  }
  if (url.protocol === 'redis:' || url.protocol === 'rediss:') {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const database = parseDatabase(url.pathname.slice(1));
    if (host === '' || database === undefined || url.search !== '' || url.hash !== '') return undefined;
    const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
    return { target: { host, port, tls: url.protocol === 'rediss:' }, ...credentials, database };
  }
  return undefined;
}

function parseDatabase(text: string): number | undefined {
  if (text === '') return 0;
  return DATABASE.test(text) ? Number(text) : undefined;
}

function decode(component: string): string | undefined {
  try {
    return decodeURIComponent(component);
  } catch {
    return undefined;
  }
}
