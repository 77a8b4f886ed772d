import type { Parsed } from './scalars.ts';

const FORM = 'must be redis://host:port/database, rediss://… or the path of a Unix socket';

/** `redis://`, `rediss://`, or a Unix socket as `/path` or `redis+unix:///path`, which both give `/path`. */
export function parseRedisUrl(text: string): Parsed<string> {
  const socket = text.replace(/^redis\+unix:\/\//, '');
  if (socket.startsWith('/')) return /^\/[^?#\s]+$/.test(socket) ? { value: socket } : { problem: FORM };
  if (!/^rediss?:\/\/[^\s]+$/.test(text) || !URL.canParse(text)) return { problem: FORM };
  const url = new URL(text);
  if (url.hostname === '') return { problem: FORM };
  if (url.search !== '' || url.hash !== '') return { problem: 'must not have a query or a fragment' };
  if (!/^(\/\d{0,5})?$/.test(url.pathname))
    return { problem: 'its path must be the number of the database, such as /0' };
  return { value: text };
}
