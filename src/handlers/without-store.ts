import { type Concerned, decideWithoutStore } from '../policy/decide-without-store.ts';
import type { Exchange } from './exchange.ts';
import type { IdentifiedClient } from './identify-client.ts';
import { answerFault } from './refuse.ts';

/** Handles an exchange while the store is unreachable. `answered`: with a fault, because a party concerned is enforced. */
export function withoutStore(exchange: Exchange, ...concerned: readonly Concerned[]): 'answered' | 'go_on' {
  if (decideWithoutStore(...concerned) === 'go_on') return 'go_on';
  answerStoreFault(exchange);
  return 'answered';
}

export function answerStoreFault(exchange: Exchange): void {
  answerFault(exchange, 503, 'the sign-in cannot be checked right now; try again in a moment');
}

/** The possible owners of a token request's code while the store is unreachable: all clients if the request does not clearly name one. */
export function mayOwnCode({ group }: Exchange, named: IdentifiedClient): readonly Concerned[] {
  return named.certain && named.clientId !== undefined ? [named] : group.anybody(Date.now());
}
