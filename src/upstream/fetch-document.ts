import type { IncomingHttpHeaders } from 'node:http';
import type { Slot } from './connection-shares.ts';
import { decodeContent } from './decode-content.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { toUpstreamFault, UpstreamFault } from './upstream-fault.ts';

/** Bytes. The largest known discovery documents have 10 KiB. */
export const DOCUMENT_LIMIT = 256 * 1024;

export type FetchedDocument = {
  readonly status: number;
  /** `undefined`: more than `DOCUMENT_LIMIT`, or in an unrequested encoding that cannot be decoded. */
  readonly text: string | undefined;
  readonly headers: IncomingHttpHeaders;
};

type Sending = { readonly method: 'GET' | 'POST'; readonly body: string | null };

/**
 * Requests a small text from the upstream, within the response timeout. `headers` is a flat list of names and values,
 * including Host. Throws an `UpstreamFault`.
 */
export async function fetchDocument(
  upstream: UpstreamClient,
  path: string,
  headers: readonly string[],
  { method, body }: Sending = { method: 'GET', body: null },
): Promise<FetchedDocument> {
  const signal = AbortSignal.timeout(upstream.config.timeouts.response);
  const slot = await takeSlot(upstream, signal);
  try {
    const response = await upstream.pool.request({
      path,
      method,
      body,
      headers: [...headers],
      servername: upstream.serverName,
      signal,
    } as Parameters<typeof upstream.pool.request>[0]);
    const answered = { status: response.statusCode, headers: response.headers };
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      // Leaving the loop closes the connection.
      if (size > DOCUMENT_LIMIT) return { ...answered, text: undefined };
      chunks.push(chunk);
    }
    const encoding = response.headers['content-encoding'];
    const text = decodeDocument(Buffer.concat(chunks), Array.isArray(encoding) ? encoding.join() : encoding);
    return { ...answered, text };
  } catch (error) {
    throw signal.aborted ? new UpstreamFault('timeout', error) : toUpstreamFault(error as Error);
  } finally {
    slot.release();
  }
}

/** Logins depend on the gateway's own requests. */
function takeSlot({ shares }: UpstreamClient, signal: AbortSignal): Promise<Slot> {
  const { promise, resolve, reject } = Promise.withResolvers<Slot>();
  const granted = Promise.withResolvers<void>();
  const slot = shares.take('login', 'gateway', granted.resolve);
  if (slot === undefined) throw new UpstreamFault('busy', undefined);
  signal.addEventListener('abort', () => {
    slot.release();
    reject(new UpstreamFault('timeout', undefined));
  });
  void granted.promise.then(() => resolve(slot));
  return promise;
}

/** The text of a whole body, without a byte order mark, which JSON.parse rejects. */
export function decodeDocument(body: Buffer, encoding: string | undefined): string | undefined {
  const decoded = decodeContent(body, encoding, DOCUMENT_LIMIT);
  return decoded === undefined ? undefined : new TextDecoder().decode(decoded);
}
