import { isLoopbackPlace } from '../oauth/redirect-uri.ts';
import { type ClientPolicy, UNLISTED } from '../policy/client-policy.ts';
import type { SharedPlace } from '../policy/judge-readiness.ts';
import { marked } from './counted.ts';
import { type History, sumOf } from './history.ts';
import type { ReportedIssuer } from './reported-issuer.ts';

/** Which clients sent codes to which redirect URIs, before each upstream. */
export class SharedPlaces {
  readonly #users = new Map<string, { readonly issuer: string; readonly client: string }[]>();

  note(
    { name: issuer, config }: ReportedIssuer,
    client: string,
    policy: ClientPolicy,
    history: History,
  ): void {
    // Its codes may always go to the places that it lists.
    const own = new Set(policy.redirectUris);
    for (const uri of marked(sumOf(history).counts, '@').keys()) {
      if (own.has(uri)) continue;
      const place = `${config.upstream.origin} ${uri}`;
      const users = this.#users.get(place) ?? [];
      users.push({ issuer, client });
      this.#users.set(place, users);
    }
  }

  /** A place of one client that another client uses without listing it: enforcing the first would break the second. */
  otherUser(
    { name: issuer, config }: ReportedIssuer,
    client: string,
    policy: ClientPolicy,
  ): SharedPlace | undefined {
    if (client === UNLISTED) return undefined;
    for (const uri of policy.redirectUris ?? []) {
      const url = URL.parse(uri);
      // A loopback address has no owner: a flow may always take its code there.
      if (url !== null && isLoopbackPlace(url)) continue;
      const users = this.#users.get(`${config.upstream.origin} ${uri}`) ?? [];
      const other = users.find((user) => user.issuer !== issuer || user.client !== client);
      if (other !== undefined) return { uri, client: other.client };
    }
    return undefined;
  }
}
