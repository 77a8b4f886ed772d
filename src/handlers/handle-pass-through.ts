import { Readable } from 'node:stream';
import type { ProtectedEndpoint } from '../endpoints.ts';
import { hasBody, readBody } from '../http/read-body.ts';
import { RedemptionScanner } from '../oauth/redemption-scanner.ts';
import { RequestWithdrawn } from '../upstream/forward.ts';
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
  if (resembles !== undefined && isRefused(exchange, resembles)) return refuse(exchange, resembles);
  if (resembles === undefined && redeemsInQuery(target.query) && isRefused(exchange, 'token')) {
    return refuse(exchange, 'token');
  }
  if (resembles !== undefined || !mayHoldForm(exchange)) {
    await sendUpstream(exchange, {});
    return;
  }
  await passScanned(exchange);
}

/** Whether a query would redeem a code on a server that takes token requests at other paths, or by GET. */
export function redeemsInQuery(query: string | undefined): boolean {
  return query !== undefined && new RedemptionScanner().finds(query);
}

/** A small body is looked at before anything goes upstream; a large one on its way, which ends where it redeems a code. */
async function passScanned(exchange: Exchange): Promise<void> {
  const { request, services } = exchange;
  const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  const scanner = new RedemptionScanner();
  if (length <= services.bodyLimits.size) {
    const body = await readBody(request, services.bodyLimits);
    if (body.complete && refusesRedemption(exchange, body.bytes)) return;
    await sendUpstream(exchange, { bodyAsSent: body.complete ? body.bytes : body.resume() });
    return;
  }
  try {
    const scanned = Readable.from(scan(exchange, scanner), { objectMode: false });
    await sendUpstream(exchange, { bodyAsSent: scanned });
  } catch (error) {
    if (!(error instanceof RequestWithdrawn)) throw error;
    if (!exchange.response.headersSent) refuse(exchange, 'token');
    else exchange.response.destroy();
  }
}

/** Answers (`true`) a whole body that would redeem a code at a path that is not for it. */
export function refusesRedemption(exchange: Exchange, body: Buffer): boolean {
  if (!new RedemptionScanner().finds(body.toString('latin1')) || !isRefused(exchange, 'token')) return false;
  refuse(exchange, 'token');
  return true;
}

async function* scan(exchange: Exchange, scanner: RedemptionScanner): AsyncGenerator<Buffer> {
  let found = false;
  for await (const chunk of exchange.request as AsyncIterable<Buffer>) {
    if (!found && scanner.finds(chunk.toString('latin1'))) {
      found = true;
      // Without its end, the request is none to the upstream.
      if (isRefused(exchange, 'token')) throw new RequestWithdrawn();
    }
    yield chunk;
  }
}

/** Bodies that some server would read parameters from. */
function mayHoldForm(exchange: Exchange): boolean {
  if (!hasBody(exchange.request)) return false;
  const type = exchange.request.headers['content-type'];
  return type === undefined || /form|json|^\s*text\/plain|^\s*$/i.test(type);
}

/** Who asks cannot be told from here, so that the strictest of the issuer's modes holds. */
function isRefused(exchange: Exchange, endpoint: ProtectedEndpoint): boolean {
  const { clients } = exchange.issuer;
  const client = { clientId: undefined, policy: clients.unlisted, mode: clients.strictestMode(Date.now()) };
  return noteViolation(exchange, endpoint, 'path_ambiguous', client);
}

function refuse(exchange: Exchange, endpoint: ProtectedEndpoint): void {
  const { unlisted } = exchange.issuer.clients;
  if (endpoint === 'authorization') refuseAuthorization(exchange, 'path_ambiguous', unlisted, undefined);
  else refuseToken(exchange, 'path_ambiguous');
}
