import type { Issuer } from '../issuer.ts';
import { beforeNul, canonicalName } from '../oauth/parameter-names.ts';
import { type ClientPolicy, effectiveMode } from '../policy/client-policy.ts';
import type { Lot } from '../policy/lot.ts';
import type { Mode } from '../policy/mode.ts';
import type { Subject } from '../telemetry/activity-sink.ts';
import type { Message } from './read-message.ts';

/** Whose policy a request is judged by. */
export type IdentifiedClient = {
  readonly clientId: string | undefined;
  readonly policy: ClientPolicy;
  readonly mode: Mode;
  /** Whether the request names one client, or none, in a way that every server reads alike. */
  readonly certain: boolean;
};

/**
 * The client that a message names, in its parameters or in its credentials (`names`: the readings of each). One that
 * cannot be told, because two are named, or one in a way that only some servers would read, is judged by the strictest
 * mode of the issuer: otherwise anybody could pass for a client with a laxer one. `lot`: drawn for a flow that is to begin.
 */
export function identifyClient(
  { clients }: Pick<Issuer, 'clients'>,
  message: Message,
  names: readonly (readonly string[])[],
  now: number,
  lot: Lot,
): IdentifiedClient {
  let first: string | undefined;
  let several = false;
  let disguised = false;
  for (const [name, value] of message.hints.entries) {
    if (name === 'client_id') {
      several ||= first !== undefined && first !== value;
      first ??= value;
    } else if (canonicalName(beforeNul(name)) === 'client_id') disguised = true;
  }
  for (const readings of names) {
    if (first !== undefined && readings.includes(first)) continue;
    const listed = readings.find((reading) => clients.policyFor(reading) !== clients.unlisted);
    const name = listed ?? readings[0];
    several ||= first !== undefined && name !== undefined;
    first ??= name;
  }
  const clientId = several ? undefined : first;
  const policy = clients.policyFor(clientId);
  const certain = !disguised && !message.unread && !several;
  return {
    clientId,
    policy,
    mode: certain ? effectiveMode(policy, now, lot) : clients.strictestMode(now),
    certain,
  };
}

/** Whom an event is about. */
export function subjectOf(issuer: Issuer, { policy, clientId }: IdentifiedClient): Subject {
  return { issuer: issuer.name, client: policy.name, clientId };
}
