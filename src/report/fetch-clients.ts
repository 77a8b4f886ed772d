import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getTls } from 'node:https';
import { parseReportedClients, type ReportedClient } from './reported-client.ts';

/** Milliseconds. */
const TIMEOUT = 15_000;
/** Bytes: ten times the size of the longest possible list of clients. */
const ANSWER_LIMIT = 64 * 1024 * 1024;

export type AdminAccess = {
  /** PEM: a CA certificate for https, in addition to those of the system. */
  readonly ca: string | undefined;
  readonly token: string | undefined;
};

/** Gets the clients from the admin listener of a gateway. A text explains a failure. */
export async function fetchClients(
  url: URL,
  { ca, token }: AdminAccess,
): Promise<readonly ReportedClient[] | string> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(TIMEOUT);
  let status: number | undefined;
  let text: string | undefined;
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request =
        url.protocol === 'https:'
          ? getTls(url, { headers, signal, ca }, resolve)
          : getPlain(url, { headers, signal }, resolve);
      request.on('error', reject);
    });
    status = response.statusCode;
    text = await readWhole(response);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const cause = signal.aborted ? `no answer within ${TIMEOUT / 1000} s` : (code ?? message);
    return `${url.origin} cannot be reached: ${cause}. Check that it is the address under \`admin\` of a running gateway${url.protocol === 'https:' ? ', and that --ca names the CA of its certificate' : ''}`;
  }
  if (text === undefined)
    return `${url.href} sends too much data: check that it is the admin listener of a gateway`;
  if (status === 401) {
    return `${url.origin} requires the token of \`admin.token\`: set --token-file or PKCE_GATEWAY_ADMIN_TOKEN`;
  }
  if (status === 503) return `the gateway at ${url.origin} cannot reach its store: see its log and /readyz`;
  const clients = status === 200 ? parseReportedClients(text) : undefined;
  return clients ?? `${url.href} answered ${status}: check that it is the admin listener of a gateway`;
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
