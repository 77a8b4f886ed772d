import { type ClientIdentity, parseClientIdentity } from '../oauth/client-identity.ts';
import { beforeNul, canonicalName } from '../oauth/parameter-names.ts';
import { Parameters } from '../oauth/parameters.ts';
import { type Draw, effectiveMode } from '../policy/client-policy.ts';
import type { Listing } from '../policy/client-registry.ts';
import { type Mode, strictestMode } from '../policy/mode.ts';
import type { Judged } from '../store/flow-store.ts';
import type { Subject } from '../telemetry/subject.ts';
import type { Exchange } from './exchange.ts';
import { hintsOf, isUnread, type Message } from './message/message.ts';

/** The client by whose policy a message is judged. */
export type IdentifiedClient = Listing & {
  /** As written in the message. */
  readonly clientId: string | undefined;
  readonly mode: Mode;
  /** Whether every server would read the same client, or none, in the message. */
  readonly certain: boolean;
  /** The issuer of the client, if a record or a place names it; else that of the request. */
  readonly issuer?: string;
};

/**
 * The client that a message names, in its parameters or in its credentials. If it names two, or one in a way that only some
 * servers read, the strictest mode of all applies: otherwise anybody could pass for a client with a laxer mode. `draw`: the
 * draw of a flow that is about to begin.
 */
export function identifyClient(
  exchange: Exchange,
  message: Message,
  { names, unread }: ClientIdentity,
  draw: Draw,
): IdentifiedClient {
  const { group, issuer } = exchange;
  const now = Date.now();
  let first: string | undefined;
  let several = false;
  let disguised = false;
  for (const [name, value] of hintsOf(message)) {
    if (name === 'client_id') {
      several ||= first !== undefined && first !== value;
      first ??= value;
    } else if (canonicalName(beforeNul(name)) === 'client_id') disguised = true;
  }
  for (const readings of names) {
    // Anybody can send hundreds of names, and each look-up takes time.
    if (several) break;
    if (first !== undefined && readings.includes(first)) continue;
    const listed = readings.find((reading) => group.find(issuer, reading, now).by !== 'none');
    const name = listed ?? readings[0];
    several ||= first !== undefined && name !== undefined;
    first ??= name;
  }
  const clientId = several ? undefined : first;
  const listing = group.find(issuer, clientId, now);
  const certain = !disguised && !several && !unread && !isUnread(message);
  const named = effectiveMode(listing.policy, now, draw);
  const mode = certain ? named : strictestMode([named, group.strictestMode(now)]);
  return { ...listing, clientId, mode, certain };
}

/** The same for endpoints with client authentication, where credentials name the client too. */
export function identifyByCredentials(
  exchange: Exchange,
  message: Message,
  draw: Draw,
): { readonly identity: ClientIdentity; readonly client: IdentifiedClient } {
  const { authorization } = exchange.request.headers;
  const identity = parseClientIdentity(new Parameters(hintsOf(message)), authorization);
  return { identity, client: identifyClient(exchange, message, identity, draw) };
}

/** The client of a record, with the mode of the record: a flow keeps its mode. */
export function recordedClient({ group }: Exchange, record: Judged): IdentifiedClient {
  const policy = group.policyOf(record, Date.now());
  const { clientId, mode, issuer } = record;
  return { policy, by: 'name', clientId, mode, certain: true, issuer };
}

/** The subject of an event. */
export function subjectOf(
  exchange: Exchange,
  client: Pick<IdentifiedClient, 'policy' | 'clientId' | 'issuer'>,
): Subject {
  const { policy, clientId, issuer = exchange.issuer.name } = client;
  return { issuer, client: policy.name, clientId };
}
