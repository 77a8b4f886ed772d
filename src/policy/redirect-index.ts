import { withoutLoopbackPort } from '../oauth/redirect-uri.ts';
import type { ClientPolicy } from './client-policy.ts';
import { effectiveMode } from './client-policy.ts';
import { LAST_LOT } from './lot.ts';

/** Which clients own a place that codes are sent to: answers for a code that belongs to no flow. */
export class RedirectIndex {
  readonly #owners = new Map<string, ClientPolicy[]>();

  constructor(policies: Iterable<ClientPolicy>) {
    for (const policy of policies) {
      for (const redirectUri of policy.redirectUris ?? []) {
        const place = placeOf(redirectUri);
        if (place === undefined) continue;
        const owners = this.#owners.get(place);
        if (owners === undefined) this.#owners.set(place, [policy]);
        else owners.push(policy);
      }
    }
  }

  /** The clients that own the place. */
  owners(target: URL): readonly ClientPolicy[] {
    return this.#owners.size === 0 ? [] : (this.#owners.get(placeOf(target.href) ?? '') ?? []);
  }

  /** The client that owns the place, if all flows of all of its owners are enforced: no code without a flow is for it. */
  enforcedOwner(target: URL, now: number): ClientPolicy | undefined {
    const owners = this.owners(target);
    return owners.every((policy) => effectiveMode(policy, now, LAST_LOT) === 'enforce')
      ? owners[0]
      : undefined;
  }
}

/** A URI without query and fragment, as a browser reads it; loopback literals without their port. */
function placeOf(uri: string): string | undefined {
  const place = URL.parse(uri)?.href.replace(/[?#].*$/s, '');
  return place === undefined ? undefined : (withoutLoopbackPort(place) ?? place);
}
