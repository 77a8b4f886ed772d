import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** A body that was read whole, or the beginning of one that was not, with everything needed to send it on. */
export type ReadBody =
  | { readonly complete: true; readonly bytes: Buffer }
  | { readonly complete: false; readonly resume: () => Readable };

/** Reads a request body up to `limit` bytes. Rejects where the client goes away before its end. */
export function readBody(request: IncomingMessage, limit: number): Promise<ReadBody> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadBody>();
  const chunks: Buffer[] = [];
  let size = 0;
  const stopListening = () => {
    request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
  };
  const onData = (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= limit) return;
    stopListening();
    request.pause();
    resolve({
      complete: false,
      resume: () => Readable.from(continueBody(chunks, request), { objectMode: false }),
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

async function* continueBody(chunks: readonly Buffer[], request: IncomingMessage): AsyncGenerator<Buffer> {
  yield* chunks;
  yield* request;
}

/** The client closed its connection before its request was complete: nobody is left to answer. */
export class ClientGone extends Error {
  readonly code = 'client_gone';
  constructor(cause?: Error) {
    super('the client went away before its request was complete', { cause });
    this.name = 'ClientGone';
  }
}
