import type { Parsed } from './scalars.ts';

/** The address of a Redis, with what else its URL says. */
export type RedisAddress = {
  readonly target:
    | { readonly host: string; readonly port: number; readonly tls: boolean }
    | { readonly path: string };
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number | undefined;
};

const DEFAULT_PORT = 6379;
const FORM = 'must be redis://host:port/database, rediss://… or the path of a Unix socket';

/** `redis://`, `rediss://` (TLS), or a Unix socket as `/path` or `redis+unix:///path`. No problem repeats it: it may contain a password. */
export function parseRedisUrl(text: string): Parsed<RedisAddress> {
  const socket = text.replace(/^redis\+unix:\/\//, '');
  const path = /^\/[^?#\s]+$/.test(socket) ? decode(socket) : undefined;
  if (path !== undefined) {
    return { value: { target: { path }, username: undefined, password: undefined, database: undefined } };
  }
  const url = /^rediss?:\/\/[^\s]+$/.test(text) ? URL.parse(text) : null;
  const [username, password] = [decode(url?.username ?? ''), decode(url?.password ?? '')];
  if (!url?.hostname || url.port === '0' || username === undefined || password === undefined)
    return { problem: FORM };
  if (url.search !== '' || url.hash !== '') return { problem: 'must not have a query or a fragment' };
  if (!/^(\/\d{0,5})?$/.test(url.pathname))
    return { problem: 'its path must be the number of the database, such as /0' };
  const database = url.pathname.length > 1 ? Number(url.pathname.slice(1)) : undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  const target = { host, port, tls: url.protocol === 'rediss:' };
  return { value: { target, username: username || undefined, password: password || undefined, database } };
}

function decode(component: string): string | undefined {
  try {
    return decodeURIComponent(component);
  } catch {
    return undefined;
  }
}
