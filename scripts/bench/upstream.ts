/**
 * The authorization server of the benchmark, as fast as one in Node can be: it redirects at once with a code, and gives
 * a token for it. It reads what it needs of HTTP/1.1 by itself, so that little of the machine goes into it.
 */
import { createServer, type Socket } from 'node:net';

const PAGE =
  `<!doctype html><title>Sign in</title><form method="post"><input name="username"><input name="password" type="password"></form>${'<p>The quick brown fox jumps over the lazy dog.</p>\n'.repeat(220)}`.slice(
    0,
    10_240,
  );
const LARGE = Buffer.alloc(20 * 1024 * 1024, 'x');
const COMMON = 'Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nServer: upstream';

const server = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  let pending: Buffer = Buffer.alloc(0);
  let head = '';
  let missing = 0;
  let body = '';
  socket.on('data', (chunk: Buffer) => {
    if (head === '') {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const end = pending.indexOf('\r\n\r\n');
      if (end === -1) return;
      head = pending.toString('latin1', 0, end);
      missing = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      chunk = pending.subarray(end + 4);
      pending = Buffer.alloc(0);
    }
    missing -= chunk.length;
    if (body.length < 4096) body += chunk.toString('latin1');
    if (missing > 0) return;
    answer(socket, head, body);
    head = '';
    body = '';
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`port ${typeof address === 'object' ? address?.port : ''}\n`);
});

let issued = 0;

function answer(socket: Socket, head: string, body: string): void {
  const target = head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/1.1'));
  if (target.startsWith('/authorize?')) {
    const state = parameter(target, 'state');
    issued += 1;
    // The end of the state in the code, and that in the token: whoever logs in can tell that it got its own.
    const code = `c${issued.toString(36)}.${state.slice(-16)}`;
    const location = `${decodeURIComponent(parameter(target, 'redirect_uri'))}?code=${code}&state=${state}`;
    socket.write(
      `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n${COMMON}\r\n\r\n`,
      'latin1',
    );
  } else if (target === '/token') {
    const code = /(?:^|&)code=([^&]*)/.exec(body)?.[1] ?? '';
    const known = /^c[0-9a-z]+\.[\w-]{16}$/.test(code);
    const text = known
      ? `{"access_token":"${'a'.repeat(200)}.${code.slice(-16)}","token_type":"Bearer","expires_in":300,"refresh_token":"${'r'.repeat(64)}"}`
      : '{"error":"invalid_grant"}';
    const status = known ? '200 OK' : '400 Bad Request';
    respond(socket, status, 'application/json', text);
  } else if (target === '/page') {
    respond(socket, '200 OK', 'text/html; charset=utf-8', PAGE);
  } else if (target === '/download') {
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${LARGE.length}\r\n\r\n`,
    );
    socket.write(LARGE);
  } else if (target === '/upload') {
    respond(socket, '200 OK', 'text/plain', 'received');
  } else {
    respond(socket, '404 Not Found', 'text/plain', 'there is nothing here');
  }
}

function respond(socket: Socket, status: string, type: string, text: string): void {
  socket.write(
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${text.length}\r\n${COMMON}\r\n\r\n${text}`,
    'latin1',
  );
}

function parameter(target: string, name: string): string {
  const at = target.indexOf(`${name}=`);
  const end = target.indexOf('&', at);
  return at === -1 ? '' : target.slice(at + name.length + 1, end === -1 ? undefined : end);
}
