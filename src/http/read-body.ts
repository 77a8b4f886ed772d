import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** A body that was read whole, or the beginning of one that was not, with everything needed to send it on. */
export type ReadBody =
  | { readonly complete: true; readonly bytes: Buffer }
  | { readonly complete: false; readonly resume: () => Readable };

/** Whether a request has a body (RFC 9112 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

export type BodyLimits = {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds until the end of the body, or until it is too large. */
  readonly time: number;
};

const EMPTY = { complete: true, bytes: Buffer.alloc(0) } as const;

/** Reads a request body up to a limit. Rejects where the client goes away before its end, or is too slow. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<ReadBody> {
  // One without a body has ended already, and tells of no end.
  if (request.readableEnded) return Promise.resolve(EMPTY);
  const { promise, resolve, reject } = Promise.withResolvers<ReadBody>();
  const chunks: Buffer[] = [];
  let size = 0;
  const deadline = setTimeout(() => {
    stopListening();
    reject(new BodyTooSlow());
  }, limits.time);
  const stopListening = () => {
    clearTimeout(deadline);
    request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
  };
  const onData = (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= limits.size) return;
    stopListening();
    request.pause();
    resolve({
      complete: false,
      resume: () => Readable.from(continueBody(chunks, request, limits), { objectMode: false }),
    });
  };
  const onEnd = () => {
    stopListening();
    resolve({
      complete: true,
      bytes: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks),
    });
  };
  const onGone = (cause?: Error) => {
    stopListening();
    reject(new ClientGone(cause));
  };
  request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  return promise;
}

async function* continueBody(
  chunks: readonly Buffer[],
  request: IncomingMessage,
  limits: BodyLimits,
): AsyncGenerator<Buffer> {
  yield* chunks;
  yield* readChunks(request, limits.time);
}

/** Bytes that must come in each span of patience. */
const PORTION = 4096;

/**
 * A body as it comes. Throws where it all but stands still: it takes up a connection to the upstream, of which there are
 * far fewer than of clients. `patience`: milliseconds, while the client is waited for.
 */
export async function* readChunks(request: IncomingMessage, patience: number): AsyncGenerator<Buffer> {
  const chunks: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false });
  for (let left = patience, missing = PORTION; ; ) {
    const waitingSince = performance.now();
    const tooSlow = Promise.withResolvers<never>();
    const deadline = setTimeout(() => tooSlow.reject(new BodyTooSlow()), left);
    const next = await Promise.race([chunks.next(), tooSlow.promise]).finally(() => clearTimeout(deadline));
    if (next.done === true) return;
    missing -= next.value.length;
    left -= performance.now() - waitingSince;
    if (missing <= 0) [left, missing] = [patience, PORTION];
    yield next.value;
  }
}

/** The client closed its connection before its request was complete: nobody is left to answer. */
export class ClientGone extends Error {
  readonly code = 'client_gone';
  constructor(cause?: Error) {
    super('the client went away before its request was complete', { cause });
    this.name = 'ClientGone';
  }
}

/** The client sends its body too slowly to be waited for. */
export class BodyTooSlow extends Error {
  readonly code = 'body_too_slow';
  constructor() {
    super('the request body did not arrive in time');
    this.name = 'BodyTooSlow';
  }
}
