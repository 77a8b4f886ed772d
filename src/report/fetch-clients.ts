import { type Access, fetchText } from './fetch-text.ts';
import { parseReportedClients, type ReportedClients } from './reported-client.ts';

/** Milliseconds. */
const TIMEOUT = 15_000;

/** Gets the clients from the admin listener of a gateway. A text explains a failure. */
export async function fetchClients(url: URL, access: Access): Promise<ReportedClients | string> {
  const fetched = await fetchText(url, access, TIMEOUT);
  if (fetched.outcome === 'unreachable') {
    return `${url.origin} cannot be reached: ${fetched.cause}. Check that it is the address under \`admin\` of a running gateway${url.protocol === 'https:' ? ', and that --ca names the CA of its certificate' : ''}`;
  }
  if (fetched.outcome === 'too_long')
    return `${url.origin}${url.pathname} sends too much data: check that it is the admin listener of a gateway`;
  const { status, text } = fetched;
  if (status === 401) {
    return `${url.origin} requires the token of \`admin.token\`: set --token-file or PKCE_GATEWAY_ADMIN_TOKEN`;
  }
  if (status === 503) return `the gateway at ${url.origin} cannot reach its store: see its log and /readyz`;
  const clients = status === 200 ? parseReportedClients(text) : undefined;
  return (
    clients ??
    `${url.origin}${url.pathname} answered ${status}: check that it is the admin listener of a gateway`
  );
}
