import { EventEmitter, once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** A received request, as on the wire. */
export type RecordedRequest = {
  readonly method: string;
  /** The request target, undecoded. */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  readonly headers: IncomingHttpHeaders;
  /** Empty for a streamed body, which is not kept. */
  readonly body: string;
  /** The body read as a form; empty if it is none. */
  readonly form: URLSearchParams;
};

/** Every request that a server received, in order. */
export class RequestLog {
  readonly all: RecordedRequest[] = [];
  readonly #events = new EventEmitter();

  add(request: RecordedRequest): void {
    this.all.push(request);
    this.#events.emit('request', request);
  }

  /** The requests to one path. */
  to(path: string): RecordedRequest[] {
    return this.all.filter((request) => request.path === path);
  }

  /** Resolves with the next request to a path; earlier ones do not count. */
  async next(path: string, signal: AbortSignal = AbortSignal.timeout(10_000)): Promise<RecordedRequest> {
    for (;;) {
      const [request] = (await once(this.#events, 'request', { signal })) as [RecordedRequest];
      if (request.path === path) return request;
    }
  }

  /** Resolves after this many more requests to a path. */
  async more(path: string, count: number, signal: AbortSignal = AbortSignal.timeout(10_000)): Promise<void> {
    const expected = this.to(path).length + count;
    while (this.to(path).length < expected) await once(this.#events, 'request', { signal });
  }

  clear(): void {
    this.all.length = 0;
  }
}

export async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function recordRequest(req: IncomingMessage, body: string): RecordedRequest {
  const target = req.url ?? '/';
  const queryStart = target.indexOf('?');
  const isForm = (req.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  return {
    method: req.method ?? '',
    target,
    path: queryStart < 0 ? target : target.slice(0, queryStart),
    query: new URLSearchParams(queryStart < 0 ? '' : target.slice(queryStart + 1)),
    rawHeaders: pairs(req.rawHeaders),
    headers: req.headers,
    body,
    form: new URLSearchParams(isForm ? body : ''),
  };
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? '']);
}
