import { type Access, type Fetched, fetchText, ReportFault } from './fetch-text.ts';
import { parseReportedClients, type ReportedClients } from './reported-client.ts';

/** Milliseconds. */
const TIMEOUT = 15_000;

/** Gets the clients from the admin listener of a gateway. Throws a `ReportFault`. */
export async function fetchClients(url: URL, access: Access): Promise<ReportedClients> {
  const fetched = await fetchText(url, access, TIMEOUT);
  const isFine = 'text' in fetched && fetched.status === 200 && fetched.text !== undefined;
  const clients = isFine ? parseReportedClients(fetched.text) : undefined;
  if (clients === undefined) throw new ReportFault(describeFailure(fetched, url, access));
  return clients;
}

function describeFailure(fetched: Fetched, { origin, pathname, protocol }: URL, { token }: Access): string {
  const advice = 'check that it is the admin listener of a gateway';
  if ('cause' in fetched) {
    const tls =
      protocol === 'https:'
        ? 'that this has `admin.tls`, and that --ca names the CA of its certificate'
        : 'and that this has no `admin.tls`, which needs https';
    return `${origin} cannot be reached: ${fetched.cause}. Check that --admin is the address under \`admin\` of a running gateway, ${tls}`;
  }
  const { status, text } = fetched;
  if (text === undefined) return `${origin}${pathname} sends too much data: ${advice}`;
  if (status === 401) {
    return `${origin} requires the token of \`admin.token\`: ${token === undefined ? 'set' : 'it is not the one in'} --token-file or PKCE_GATEWAY_ADMIN_TOKEN`;
  }
  if (status === 503) return `the gateway at ${origin} cannot reach its store: see its log and /readyz`;
  return `${origin}${pathname} answered ${status}: ${advice}`;
}
