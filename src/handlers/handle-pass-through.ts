import type { ProtectedEndpoint } from '../endpoints.ts';
import { hasBody, readBody } from '../http/read-body.ts';
import { type Filter, RequestBody, RequestWithdrawn } from '../http/request-body.ts';
import { breakOff } from '../http/respond.ts';
import type { Issuer } from '../issuer.ts';
import { RedemptionScanner } from '../oauth/redemption-scanner.ts';
import { strictestMode } from '../policy/mode.ts';
import { BodyScanner } from './body-scanner.ts';
import type { Exchange } from './exchange.ts';
import { noteViolation } from './note-violation.ts';
import { refuseAuthorization, refuseToken } from './refuse.ts';
import { sendUpstream } from './send-upstream.ts';

/**
 * Everything that is no endpoint of the code flow: pages, assets, keys, userinfo. It streams in both directions. Only a
 * path that some server would take for a protected one, or a message that would redeem a code, is not let through.
 */
export async function handlePassThrough(exchange: Exchange): Promise<void> {
  const { resembles, target } = exchange;
  if (resembles !== undefined && isRefused(exchange, resembles, exchange.rivals))
    return refuse(exchange, resembles);
  if (resembles === undefined && redeemsInQuery(target.query) && isRefused(exchange, 'token')) {
    return refuse(exchange, 'token');
  }
  if (resembles !== undefined || !hasBody(exchange.request)) {
    await sendUpstream(exchange, {});
    return;
  }
  await passScanned(exchange);
}

/** Whether a query would redeem a code on a server that takes token requests at other paths, or by GET. */
export function redeemsInQuery(query: string | undefined): boolean {
  return query !== undefined && new RedemptionScanner().finds(query);
}

/**
 * A small body is looked at before anything goes upstream; a large one on its way, which ends where it redeems a code.
 * Of whatever type: some servers read a form out of any.
 */
async function passScanned(exchange: Exchange): Promise<void> {
  const { request, services } = exchange;
  const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  if (length <= services.bodyLimits.size) {
    const body = await readBody(request, services.bodyLimits);
    if (body.complete && (await refusesRedemption(exchange, body.bytes))) return;
    await sendUpstream(exchange, { bodyAsSent: body.complete ? body.bytes : body.resume() });
    return;
  }
  const patience = services.bodyLimits.time;
  try {
    await sendUpstream(exchange, {
      bodyAsSent: new RequestBody(request, { patience, filter: redemptionFilter(exchange) }),
    });
  } catch (error) {
    if (!(error instanceof RequestWithdrawn)) throw error;
    if (!exchange.response.headersSent) refuse(exchange, 'token');
    else breakOff(exchange.response);
  }
}

/** Answers (`true`) a whole body that would redeem a code at a path that is not for it. */
export async function refusesRedemption(exchange: Exchange, body: Buffer): Promise<boolean> {
  const scanner = scannerFor(exchange);
  await scanner.read(body);
  await scanner.end();
  if (!scanner.found || !isRefused(exchange, 'token')) return false;
  refuse(exchange, 'token');
  return true;
}

function redemptionFilter(exchange: Exchange): Filter {
  const scanner = scannerFor(exchange);
  let passed = false;
  let withheld: Buffer | undefined;
  const release = (chunk: Buffer | undefined): Buffer | undefined => {
    if (!passed && scanner.found) {
      passed = true;
      // Without its end, the request is none to the upstream.
      if (isRefused(exchange, 'token')) throw new RequestWithdrawn();
    }
    if (!scanner.lags) return chunk;
    const released = withheld;
    withheld = chunk;
    return released;
  };
  const releaseAfter = (reading: Promise<void> | undefined, chunk?: Buffer) =>
    reading === undefined ? release(chunk) : reading.then(() => release(chunk));
  return {
    read: (chunk) => releaseAfter(scanner.read(chunk), chunk),
    end: () => releaseAfter(scanner.end()),
  };
}

function scannerFor({ request }: Exchange): BodyScanner {
  return new BodyScanner(request.headers['content-encoding']);
}

/** Who asks cannot be told from here, so that the strictest mode holds of all the issuers that it may be about. */
function isRefused(
  exchange: Exchange,
  endpoint: ProtectedEndpoint,
  others: readonly Issuer[] = [...exchange.rivals, ...exchange.neighbours],
): boolean {
  const now = Date.now();
  const { clients } = exchange.issuer;
  const modes = [exchange.issuer, ...others].map((issuer) => issuer.clients.strictestMode(now));
  const client = { clientId: undefined, policy: clients.unlisted, mode: strictestMode(modes) };
  return noteViolation(exchange, endpoint, 'path_ambiguous', client);
}

function refuse(exchange: Exchange, endpoint: ProtectedEndpoint): void {
  const { unlisted } = exchange.issuer.clients;
  if (endpoint === 'authorization') refuseAuthorization(exchange, 'path_ambiguous', unlisted, undefined);
  else refuseToken(exchange, 'path_ambiguous');
}
