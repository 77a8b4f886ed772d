import type { Carrier } from '../../oauth/carriers/carrier.ts';
import { enforcedOwner, type Target } from '../../policy/decide-target.ts';
import type { Concerned } from '../../policy/decide-without-store.ts';
import type { Exchange } from '../exchange.ts';
import { recordedClient } from '../identify-client.ts';

/**
 * The possible owners of a code that goes to a place while the store is unreachable: the flow that this request began, or the
 * owners of the place. `target`: `undefined` for a code in a script that does not name its place.
 */
export function concernedWithoutStore(exchange: Exchange, target: Target | undefined): readonly Concerned[] {
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
