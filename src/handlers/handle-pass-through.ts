import { canonicalName } from '../oauth/parameter-names.ts';
import { parseParameters } from '../oauth/parameters.ts';
import type { Exchange } from './exchange.ts';
import { noteViolation } from './note-violation.ts';
import { refuseAuthorization, refuseToken } from './refuse.ts';
import { sendUpstream } from './send-upstream.ts';

/** Everything that is no endpoint of the code flow: pages, assets, keys, userinfo. It streams in both directions. */
export async function handlePassThrough(exchange: Exchange): Promise<void> {
  const resembles = exchange.resembles ?? (redeemsInQuery(exchange.target.query) ? 'token' : undefined);
  if (resembles !== undefined) {
    const { clients } = exchange.issuer;
    // Who asks cannot be told from here, so that the strictest of the issuer's modes holds.
    const client = { clientId: undefined, policy: clients.unlisted, mode: clients.strictestMode(Date.now()) };
    if (noteViolation(exchange, resembles, 'path_ambiguous', client)) {
      return resembles === 'authorization'
        ? refuseAuthorization(exchange, 'path_ambiguous', client.policy, undefined)
        : refuseToken(exchange, 'path_ambiguous');
    }
  }
  await sendUpstream(exchange, {});
}

/** Whether a query would redeem a code on a server that takes token requests at other paths, or by GET. */
function redeemsInQuery(query: string | undefined): boolean {
  if (query === undefined || !/gr|%/i.test(query)) return false;
  return parseParameters(query).parameters.entries.some(
    ([name, value]) =>
      canonicalName(name) === 'grant_type' && value.trim().toLowerCase().startsWith('authorization_code'),
  );
}
