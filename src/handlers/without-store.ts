import type { Carrier } from '../oauth/carriers/carrier.ts';
import { enforcedOwner, type Target } from '../policy/decide-target.ts';
import { type Concerned, decideWithoutStore } from '../policy/decide-without-store.ts';
import type { Exchange } from './exchange.ts';
import { type IdentifiedClient, recordedClient } from './identify-client.ts';
import { answerFault } from './refuse.ts';
import type { Progress } from './run-steps.ts';

/** Handles an exchange while the store is unreachable. `done`: answered with a fault, because a party concerned is enforced. */
export function withoutStore(exchange: Exchange, ...concerned: readonly Concerned[]): Progress {
  if (decideWithoutStore(...concerned) === 'go_on') return undefined;
  answerStoreFault(exchange);
  return 'done';
}

export function answerStoreFault(exchange: Exchange): void {
  answerFault(exchange, 503, 'the sign-in cannot be checked right now; try again in a moment');
}

/** A gateway code always belongs to an enforced flow, so without the store nobody can redeem it. */
export function answerUnverifiableCode(exchange: Exchange): 'done' {
  answerFault(exchange, 503, 'the code cannot be verified right now; try again in a moment');
  return 'done';
}

/** The possible owners of a token request's code: all clients if the request does not clearly name one. */
export function mayOwnCode({ group }: Exchange, named: IdentifiedClient): readonly Concerned[] {
  return named.certain && named.clientId !== undefined ? [named] : group.anybody(Date.now());
}

/**
 * The possible owners of a code that goes to a place: the flow that this request began, or the owners of the place. `target`:
 * `undefined` for a code in a script that does not name its place.
 */
export function mayOwnCodeAt(exchange: Exchange, target: Target | undefined): readonly Concerned[] {
  const { flow, group } = exchange;
  const now = Date.now();
  // A loopback place has no owner, but clients that list it are more likely to use it than others.
  const owner = target && enforcedOwner({ ...target, isLoopback: false }, now);
  const owners: Concerned[] = owner === undefined ? [] : [{ policy: owner.policy, mode: 'enforce' }];
  if (flow !== undefined) return [...owners, recordedClient(exchange, flow.flow)];
  if (target === undefined) return group.anybody(now);
  if (target.owners.length > 0) return owners;
  return group.anybody(now).filter(({ policy }) => policy.redirectUris === undefined);
}

/** The place of a client that an object or script names beside a code. */
export function namedPlace({ group }: Exchange, { places }: Carrier): Target | undefined {
  return places.map((place) => group.targetAt(place, false)).find(({ owners }) => owners.length > 0);
}
