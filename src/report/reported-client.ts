import { parseJsonObject } from '../oauth/json-object.ts';
import { count, flag, listOf, object, orNull, recordOf, type Shaped, text } from './json-shape.ts';

/** One client as `/api/clients` describes it. */
const isReportedClient = object({
  issuer: text,
  client: text,
  /** Whether it has an entry in the configuration. */
  listed: flag,
  owner: orNull(text),
  mode: text,
  /** When its violations are refused instead of reported; ISO 8601. */
  enforce_from: orNull(text),
  /** The share of its logins that is enforced in `enforce`; `null` in any other mode. */
  enforce_percent: orNull(count),
  authorization_requests: count,
  methods: object({ S256: count, plain: count, none: count }),
  codes_bound: count,
  codes_redeemed: count,
  violations: recordOf(count),
  last_violation: orNull(object({ at: text, reason: text })),
  /** The targets of its codes. */
  redirect_uris: listOf(text),
  /** Whether its policy has `redirect_uris`. */
  redirect_uris_listed: flag,
  /** One of its places, and the other client that uses it. */
  shared_place: orNull(object({ uri: text, client: text })),
  needs_store: flag,
  sees_verifiers: flag,
  verdict: text,
});

export type ReportedClient = Shaped<typeof isReportedClient>;

/** What `/api/clients` says. */
export type ReportedClients = {
  /** Since when the counts run; ISO 8601. Gateways of earlier versions do not say. */
  readonly counted_since?: string;
  readonly clients: readonly ReportedClient[];
};

/** What there is to print. */
export type Report = ReportedClients & {
  /** Epoch milliseconds. */
  readonly now: number;
  /** The options that selected these clients; `undefined`: these are all. */
  readonly filter: string | undefined;
  /** The one gateway of several that saw the redirect URIs. */
  readonly seenBy: string | undefined;
};

/** The verdict without its reason. */
export function verdictState({ verdict }: ReportedClient): string {
  return verdict.split(':', 1)[0] as string;
}

/** Reads the response of `/api/clients`; `undefined` for anything else. Unknown fields are kept. */
export function parseReportedClients(body: string): ReportedClients | undefined {
  const { clients, counted_since: since } = parseJsonObject(body) ?? {};
  if (!listOf(isReportedClient)(clients)) return undefined;
  return { ...(typeof since === 'string' && { counted_since: since }), clients };
}
