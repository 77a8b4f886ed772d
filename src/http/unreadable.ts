import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';

/** Why data on a connection is not a request. */
export type UnreadableCause = keyof typeof STATUS_LINES;

const STATUS_LINES = {
  malformed: '400 Bad Request',
  head_too_large: '431 Request Header Fields Too Large',
  head_too_slow: '408 Request Timeout',
} as const;

/** `undefined`: the connection is closed, or was never established (TLS). `code`: of Node's error. */
export function unreadableCause(code = ''): UnreadableCause | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return 'head_too_large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'head_too_slow';
  return code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE' ? 'malformed' : undefined;
}

export function answerUnreadable(socket: Duplex, cause: UnreadableCause): void {
  const headers = `Connection: close\r\nCache-Control: no-store\r\nX-Request-Id: ${randomUUID()}\r\nContent-Length: 0`;
  socket.write(`HTTP/1.1 ${STATUS_LINES[cause]}\r\n${headers}\r\n\r\n`);
}
