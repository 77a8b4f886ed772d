import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RecordedRequest } from '../../request-log.ts';
import { type Exchange, sendJson } from './state.ts';

/** `GET /stream?bytes=N`: N bytes, with backpressure. */
export async function handleStream(request: RecordedRequest, res: ServerResponse): Promise<void> {
  const bytes = Number(request.query.get('bytes') ?? 0);
  res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': String(bytes) });
  // Tests disconnect during a transfer on purpose.
  await pipeline(Readable.from(chunksOf(bytes)), res).catch(() => undefined);
}

function* chunksOf(bytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  for (let left = bytes; left > 0; left -= chunk.length)
    yield chunk.subarray(0, Math.min(left, chunk.length));
}

/** `POST /echo`: returns every byte as soon as it arrives. */
export async function handleEcho(req: IncomingMessage, res: ServerResponse): Promise<void> {
  res.writeHead(200, { 'content-type': req.headers['content-type'] ?? 'application/octet-stream' });
  res.flushHeaders();
  await pipeline(req, res).catch(() => undefined);
}

/** `GET /sse`: one event at once, then those that the test sends. */
export function handleEventStream({ res, state }: Exchange): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  res.write('data: hello\n\n');
  state.eventStreams.add(res);
  res.once('close', () => state.eventStreams.delete(res));
}

export function handleCookies({ res }: Exchange): void {
  res.setHeader('set-cookie', [
    'one=1; Path=/; HttpOnly',
    'two=2; Path=/; Expires=Wed, 09 Jun 2100 10:18:14 GMT',
    'three="a,b"; Path=/app; SameSite=Lax',
  ]);
  sendJson(res, 200, { cookies: 3 });
}

/** `/inspect`: returns the unchanged request. */
export function handleInspect({ request, res }: Exchange): void {
  sendJson(res, 200, {
    method: request.method,
    target: request.target,
    rawHeaders: request.rawHeaders,
    body: request.body,
  });
}
