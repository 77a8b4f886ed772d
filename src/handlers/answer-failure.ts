import { ClientGone } from '../http/read-body.ts';
import { BodyTooSlow } from '../http/request-body.ts';
import { breakOff } from '../http/respond.ts';
import { UpstreamFault } from '../upstream/upstream-fault.ts';
import type { Exchange } from './exchange.ts';
import { answerFault } from './refuse.ts';
import { ResponseWithheld } from './response/body-follower.ts';
import { answerPlainly } from './unroutable.ts';

const FAULTS = {
  500: 'internal error in the gateway; its log has the details under this request id',
  502: 'the authorization server cannot be reached',
  503: 'too many requests wait for the authorization server; try again in a moment',
  504: 'the authorization server did not answer in time',
} as const;

/** Answers a request after a fault, or after the client closed the connection. */
export function answerFailure(exchange: Exchange, error: unknown): void {
  const { response, services, issuer } = exchange;
  if (error instanceof ClientGone || error instanceof ResponseWithheld) {
    breakOff(response);
    return;
  }
  if (error instanceof BodyTooSlow) {
    if (response.headersSent) breakOff(response);
    else answerPlainly(response, 408, error.message, exchange);
    return;
  }
  const fault = error instanceof UpstreamFault ? error : undefined;
  if (fault === undefined) services.events.internalError(error, exchange.requestId);
  else services.events.upstreamFault(issuer.name, fault, exchange.requestId);
  if (response.headersSent) breakOff(response);
  else answerOrEnd(exchange, fault?.status ?? 500);
}

/** Must not throw: an exception here would end the process, and all logins with it. */
function answerOrEnd(exchange: Exchange, status: keyof typeof FAULTS): void {
  try {
    answerFault(exchange, status, FAULTS[status]);
  } catch (error) {
    exchange.services.events.internalError(error, exchange.requestId);
    breakOff(exchange.response);
  }
}
