import { isJsonObject, parseJsonObject } from '../oauth/json-object.ts';

/** One client as `/api/clients` describes it. */
export type ReportedClient = {
  readonly issuer: string;
  readonly client: string;
  /** Whether it has an entry in the configuration. */
  readonly listed: boolean;
  readonly owner: string | null;
  readonly mode: string;
  /** When its violations are refused instead of reported; ISO 8601. */
  readonly enforce_from: string | null;
  /** The share of its logins that is enforced in `enforce`; `null` in any other mode. */
  readonly enforce_percent: number | null;
  readonly authorization_requests: number;
  readonly methods: { readonly S256: number; readonly plain: number; readonly none: number };
  readonly codes_bound: number;
  readonly codes_redeemed: number;
  readonly violations: Readonly<Record<string, number>>;
  readonly last_violation: { readonly at: string; readonly reason: string } | null;
  /** The targets of its codes. */
  readonly redirect_uris: readonly string[];
  /** Whether its policy has `redirect_uris`. */
  readonly redirect_uris_listed: boolean;
  /** One of its places, and the other client that uses it. */
  readonly shared_place: { readonly uri: string; readonly client: string } | null;
  readonly needs_store: boolean;
  readonly sees_verifiers: boolean;
  readonly verdict: string;
};

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
export function parseReportedClients(text: string): ReportedClients | undefined {
  const { clients, counted_since: since } = parseJsonObject(text) ?? {};
  if (!Array.isArray(clients) || !clients.every(isReportedClient)) return undefined;
  return { ...(typeof since === 'string' && { counted_since: since }), clients };
}

const FLAGS = ['listed', 'redirect_uris_listed', 'needs_store', 'sees_verifiers'];

function isReportedClient(value: unknown): value is ReportedClient {
  if (!isJsonObject(value)) return false;
  const { methods, violations, last_violation: last, redirect_uris: uris, shared_place: place } = value;
  return (
    ['issuer', 'client', 'mode', 'verdict'].every((name) => isText(value[name])) &&
    FLAGS.every((name) => typeof value[name] === 'boolean') &&
    (value['enforce_percent'] === null || isCount(value['enforce_percent'])) &&
    ['owner', 'enforce_from'].every((name) => value[name] === null || isText(value[name])) &&
    ['authorization_requests', 'codes_bound', 'codes_redeemed'].every((name) => isCount(value[name])) &&
    isJsonObject(methods) &&
    ['S256', 'plain', 'none'].every((name) => isCount(methods[name])) &&
    isJsonObject(violations) &&
    Object.values(violations).every(isCount) &&
    Array.isArray(uris) &&
    uris.every(isText) &&
    (last === null || (isJsonObject(last) && isText(last['at']) && isText(last['reason']))) &&
    (place === null || (isJsonObject(place) && isText(place['uri']) && isText(place['client'])))
  );
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
