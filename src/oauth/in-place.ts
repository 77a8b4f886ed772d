import { normalizeResponseType } from './authorization-request.ts';
import { canonicalName } from './parameter-names.ts';
import { Parameters } from './parameters.ts';

/** The parameters that determine an authorization request. All others belong to the server itself. */
const COMPARED: readonly string[] = [
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'state',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
];

/** A request without any of these begins no flow: a step of the server itself may name a client and have a state. */
const BEGINNING: ReadonlySet<string> = new Set([
  'response_type',
  'redirect_uri',
  'request',
  'request_uri',
  'code_challenge',
  'response_mode',
]);

/** The text after a flow prefix (`''` for a bare one); `undefined` for a state without a prefix. */
type ClientStateOf = (state: string) => string | undefined;

type Entries = Iterable<readonly [name: string, value: string]>;

/** Whether any server would read one of these names as the beginning of an authorization; an empty value counts as none (RFC 6749 3.1). */
export function beginsAuthorization(entries: Entries, method: string): boolean {
  for (const [name, value] of entries) {
    const canonical = canonicalName(name);
    if (value === '' && name === canonical) continue;
    if (BEGINNING.has(canonical) || (canonical === 'client_id' && method !== 'POST')) return true;
  }
  return false;
}

/** Query and body of a POST, read as one request. */
export type OneRequest = {
  readonly parameters: Parameters;
  /** Which of the two contain parameters of the request. */
  readonly inQuery: boolean;
  readonly inBody: boolean;
  /** A parameter with different values in the two. */
  readonly conflict: string | undefined;
};

export function mergeRequest(query: Parameters, body: Parameters, clientStateOf: ClientStateOf): OneRequest {
  const inQuery = COMPARED.some((name) => query.has(name));
  const inBody = COMPARED.some((name) => body.has(name));
  if (!inQuery || !inBody) return { parameters: inBody ? body : query, inQuery, inBody, conflict: undefined };
  const merged = query.entries.filter(([name]) => !COMPARED.includes(name));
  let conflict: string | undefined;
  for (const name of COMPARED) {
    const [one, other] = [query.get(name), body.get(name)];
    const value = other ?? one;
    if (value === undefined) continue;
    const isClientState = name === 'state' && clientStateOf(value) === undefined;
    const isPrefixed = isClientState && one !== undefined && clientStateOf(one) !== undefined;
    merged.push([name, isPrefixed ? one : value]);
    if (one !== undefined && other !== undefined && !isAlike(name, one, other, clientStateOf))
      conflict ??= name;
  }
  return { parameters: new Parameters(merged), inQuery, inBody, conflict };
}

/** The query of a POST whose body counts: each parameter of the request gets the body's value, or is removed. */
export function alignQuery(query: Parameters, body: Parameters): Parameters {
  return new Parameters(
    query.entries.flatMap((entry) => {
      if (!COMPARED.includes(entry[0])) return [entry];
      const value = body.get(entry[0]);
      return value === undefined ? [] : [[entry[0], value] as const];
    }),
  );
}

function isAlike(name: string, one: string, other: string, clientStateOf: ClientStateOf): boolean {
  if (one === other) return true;
  if (name === 'response_type') return normalizeResponseType(one) === normalizeResponseType(other);
  return name === 'state' && (clientStateOf(one) === other || clientStateOf(other) === one);
}
