import { RedirectPlaces } from '../oauth/redirect-places.ts';
import { isLoopbackPlace } from '../oauth/redirect-uri.ts';
import { type ClientPolicy, DRAWS, enforcedShare } from '../policy/client-policy.ts';
import type { ClientRegistry, Listing } from '../policy/client-registry.ts';
import type { Owner, Target } from '../policy/decide-target.ts';
import { type Mode, strictestMode } from '../policy/mode.ts';
import type { Issuer } from './issuer.ts';

/**
 * The issuers before one server. Its codes do not show at which issuer they were requested, so the group shares flows, codes
 * and places.
 */
export class UpstreamGroup {
  /** The key that records are stored under. */
  readonly key: string;
  readonly issuers: readonly Issuer[];
  readonly #places = new RedirectPlaces<Owner>();

  private constructor(key: string, issuers: readonly Issuer[]) {
    this.key = key;
    this.issuers = issuers;
  }

  /** Builds a group in steps, because its issuers may have many clients. */
  static *build(key: string, issuers: readonly Issuer[]): Generator<void, UpstreamGroup> {
    const group = new UpstreamGroup(key, issuers);
    for (const { name: issuer, clients } of issuers) {
      for (const policy of clients.all()) {
        const owner = { issuer, policy };
        for (const uri of policy.redirectUris ?? []) group.#places.add(uri, owner);
        yield;
      }
    }
    return group;
  }

  find(issuer: Issuer, clientId: string | undefined, now: number): Listing {
    const own = issuer.clients.find(clientId);
    if (this.issuers.length === 1 || clientId === undefined || isListed(own)) return own;
    let strictest = own;
    let share = Math.max(enforcedShare(own.policy, now), 0);
    // The server accepts the client at either issuer: a request at the other issuer must not avoid an enforcing entry.
    for (const other of share === DRAWS ? [] : this.issuers) {
      if (other === issuer || !isSameEndpoints(issuer, other)) continue;
      const theirs = other.clients.find(clientId);
      const theirShare = enforcedShare(theirs.policy, now);
      if (!isListed(theirs) || theirShare <= share) continue;
      strictest = theirs;
      share = theirShare;
    }
    return strictest;
  }

  /** The policy of a record's client. If its issuer was removed from the configuration, the client counts as unlisted. */
  policyOf(record: { readonly issuer: string; readonly clientId: string }, now: number): ClientPolicy {
    const issuer = this.issuers.find(({ name }) => name === record.issuer) ?? this.issuers[0];
    return this.find(issuer as Issuer, record.clientId, now).policy;
  }

  targetAt(url: URL, byRedirect: boolean): Target {
    return { url, byRedirect, isLoopback: isLoopbackPlace(url), owners: this.#places.ownersOf(url) };
  }

  /** Whether an enforced client may receive bare codes, which could be redeemed elsewhere. */
  enforcesBareCodes(now: number): boolean {
    return this.issuers.some(({ clients }) => clients.enforcesBareCodes(now));
  }

  /** For requests without a known client, issuer and realm. */
  strictestMode(now: number): Mode {
    return strictestMode(this.issuers.map(({ clients }) => clients.strictestMode(now)));
  }

  /** The policies that may apply. */
  anybody(now: number): ReturnType<ClientRegistry['anybody']> {
    return this.issuers.flatMap(({ clients }) => clients.anybody(now));
  }
}

/** Whether an entry without `*` lists the client, possibly after folding. */
function isListed({ by }: Listing): boolean {
  return by === 'name' || by === 'folded';
}

function isSameEndpoints(one: Issuer, other: Issuer): boolean {
  const paths = one.endpoints?.judgedPaths;
  return paths !== undefined && paths === other.endpoints?.judgedPaths;
}

/** Issuers are before the same upstream if their `upstream.url` or `origins` share an origin, directly or through others. */
export function* groupByUpstream(issuers: readonly Issuer[]): Generator<void, UpstreamGroup[]> {
  const groups: { readonly origins: Set<string>; readonly issuers: Issuer[] }[] = [];
  for (const issuer of issuers) {
    const { origin, origins } = issuer.config.upstream;
    const own = new Set([origin, ...origins]);
    const touching = groups.filter((group) => !group.origins.isDisjointFrom(own));
    const merged = { origins: own, issuers: [...touching.flatMap((group) => group.issuers), issuer] };
    for (const group of touching) {
      for (const name of group.origins) merged.origins.add(name);
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push(merged);
  }
  // Independent of the order of the issuers, so that it is stable across reloads and replicas.
  const built: UpstreamGroup[] = [];
  for (const group of groups) {
    const urls = group.issuers.map(({ config }) => config.upstream.origin).sort();
    built.push(yield* UpstreamGroup.build(urls[0] as string, group.issuers));
  }
  return built;
}
