import type { IncomingMessage } from 'node:http';
import { BodyTooSlow, RequestBody } from './request-body.ts';

/** A completely read body, or the beginning of a larger one, with everything needed to forward it. */
export type ReadBody =
  | { readonly complete: true; readonly bytes: Buffer }
  | { readonly complete: false; readonly resume: () => RequestBody };

/** Whether a request has a body (RFC 9112 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

export type BodyLimits = {
  /** Bytes. */
  readonly size: number;
  /** The timeout for the whole body, in milliseconds. */
  readonly time: number;
};

const EMPTY = { complete: true, bytes: Buffer.alloc(0) } as const;

/** Reads a request body up to a limit. Rejects if the client disconnects before its end, or is too slow. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<ReadBody> {
  // A request without a body has already ended, and emits no end event.
  if (request.readableEnded) return Promise.resolve(EMPTY);
  // A stream that has ended emits no further end event.
  if (request.destroyed) return Promise.reject(new ClientGone());
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
      resume: () => new RequestBody(request, { patience: limits.time, beginning: chunks }),
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

/** The client closed its connection before its request was complete: there is nobody to answer. */
export class ClientGone extends Error {
  readonly code = 'client_gone';
  constructor(cause?: Error) {
    super('the client disconnected before its request was complete', { cause });
    this.name = 'ClientGone';
  }
}
