import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getTls } from 'node:https';
import { getCACertificates } from 'node:tls';

/** Bytes: ten times the size of the longest possible list of clients. */
const ANSWER_LIMIT = 64 * 1024 * 1024;

export type Access = {
  /** PEM: a CA certificate for https, in addition to those of the system. */
  readonly ca: string | undefined;
  /** Sent as a bearer token. */
  readonly token: string | undefined;
};

export type Fetched =
  /** `text`: `undefined` if it is longer than the limit. */
  | { readonly status: number; readonly text: string | undefined }
  /** Why it cannot be reached. */
  | { readonly cause: string };

/** Why there is nothing to report, for operators. */
export class ReportFault extends Error {
  readonly code = 'report_fault';
}

/** `timeout`: milliseconds for the whole answer. */
export async function fetchText(url: URL, { ca, token }: Access, timeout: number): Promise<Fetched> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(Math.max(timeout, 0));
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const authorities = ca === undefined ? undefined : [...getCACertificates(), ca];
      const request =
        url.protocol === 'https:'
          ? getTls(url, { headers, signal, ca: authorities }, resolve)
          : getPlain(url, { headers, signal }, resolve);
      request.on('error', reject);
    });
    return { status: response.statusCode ?? 0, text: await readWhole(response) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const cause = signal.aborted ? `no answer within ${Math.ceil(timeout / 1000)} s` : (code ?? message);
    return { cause };
  }
}

/** `undefined`: more than `ANSWER_LIMIT`. */
async function readWhole(response: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    // Leaving the loop closes the connection.
    if (size > ANSWER_LIMIT) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
