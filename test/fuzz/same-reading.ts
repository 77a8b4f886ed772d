import { PROTOCOL_PARAMETERS } from '../../src/oauth/parameter-names.ts';
import { Parameters, parseParameters } from '../../src/oauth/parameters.ts';
import { FORM_PARSERS } from '../support/foreign-parsers.ts';
import type { FuzzCase } from './fuzz-case.ts';

/** An upstream request at an endpoint. */
export type Forwarded = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
};

const PROTOCOL = [
  'client_assertion',
  'client_id',
  'client_secret',
  'code',
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
  'grant_type',
  'redirect_uri',
  'refresh_token',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
  'state',
];
/** Parameters that the gateway removes (`forward_pkce: never`) or writes itself. */
const REWRITTEN = new Set([
  'code',
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
  'response_mode',
  'state',
]);

/** The parameters that determine an authorization request, in query and body of a POST, which are one request. */
const COMPARED = [
  'client_id',
  'code_challenge',
  'code_challenge_method',
  'redirect_uri',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
  'state',
];
/** A request without these, and as a GET without a client_id, is a step of the server itself, and not judged. */
const BEGINNING = [
  'code_challenge',
  'redirect_uri',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
];

/**
 * Whether every parser reads the upstream request in the same way, as it was judged. `undefined`: it does.
 */
export async function findDifference(made: FuzzCase, forwarded: Forwarded): Promise<string | undefined> {
  const inQuery = forwarded.method === 'GET' || forwarded.method === 'HEAD';
  const isOneRequest = !inQuery && forwarded.path === '/oauth2/authorize';
  const partsOf = ({ query, body }: { readonly query: string; readonly body: string }) =>
    isOneRequest ? [query, body] : [inQuery ? query : body];
  const parts = partsOf(forwarded);
  if (forwarded.path === '/oauth2/authorize' && (await isStep(parts, inQuery))) return undefined;
  for (const part of parts) {
    const misreading = await findMisreading(part, isOneRequest);
    if (misreading !== undefined) return misreading;
  }
  const sent = parse(parts);
  if (forwarded.path !== '/oauth2/token' && sent.has('code_challenge')) return 'a challenge went upstream';
  const isReposted = made.beginning.startsWith('a live flow again');
  if (isOneRequest) {
    const several = await findSeveralValues(parts);
    if (several !== undefined) return `query and body that went upstream have another ${several} each`;
  } else {
    const beside = inQuery ? forwarded.body : forwarded.query;
    if (beside !== '' && !isReposted && (await hasProtocolParameter(beside))) {
      return 'a parameter went upstream beside the message';
    }
  }
  const judged = parse(partsOf(made.written));
  return isReposted || judged.has('request_uri') ? undefined : compare(judged, sent, isOneRequest);
}

/** Whether any other parser reads a text differently. `besideServersOwn`: the server's own parameters may repeat. */
async function findMisreading(text: string, besideServersOwn: boolean): Promise<string | undefined> {
  const own = parseParameters(text);
  const problem = own.problems.find(
    ({ detail = '' }) => !besideServersOwn || PROTOCOL.includes(plain(detail)),
  );
  if (problem !== undefined) return `${problem.reason} of ${problem.detail} went upstream`;
  for (const [parser, parse] of Object.entries(FORM_PARSERS)) {
    const reading = await parse(text);
    for (const name of PROTOCOL) {
      const [theirs, ours] = [reading.get(name) ?? [], own.parameters.all(name)];
      if (String(theirs) !== String(ours)) return `${parser} reads another ${name} in what went upstream`;
    }
  }
  return undefined;
}

/** A parameter with different values for different servers. An empty value counts as none. */
async function findSeveralValues(parts: readonly string[]): Promise<string | undefined> {
  const values = new Map<string, Set<string>>(COMPARED.map((name) => [name, new Set()]));
  for (const part of parts) {
    for (const parse of Object.values(FORM_PARSERS)) {
      const reading = await parse(part);
      for (const [name, seen] of values) {
        for (const value of reading.get(name) ?? []) {
          if (value !== '') seen.add(name === 'response_type' ? value.split(' ').sort().join(' ') : value);
        }
      }
    }
  }
  return COMPARED.find((name) => (values.get(name)?.size ?? 0) > 1);
}

async function isStep(parts: readonly string[], inQuery: boolean): Promise<boolean> {
  for (const part of parts) {
    for (const parse of Object.values(FORM_PARSERS)) {
      for (const [name, values] of await parse(part)) {
        const begins = BEGINNING.includes(plain(name)) || (inQuery && plain(name) === 'client_id');
        if (begins && values.some((value) => value !== '')) return false;
      }
    }
  }
  return true;
}

/** The name for servers that fold case or drop brackets. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[\s[\]]/g, '');
}

function parse(parts: readonly string[]): Parameters {
  return new Parameters(parts.flatMap((part) => parseParameters(part).parameters.entries));
}

async function hasProtocolParameter(text: string): Promise<boolean> {
  for (const parse of Object.values(FORM_PARSERS)) {
    const reading = await parse(text);
    if (PROTOCOL.some((name) => reading.has(name))) return true;
  }
  return parseParameters(text).parameters.entries.some(([name]) => PROTOCOL_PARAMETERS.has(name));
}

/** `isOneRequest`: a parameter may be in query, body or both. */
function compare(judged: Parameters, sent: Parameters, isOneRequest: boolean): string | undefined {
  for (const name of PROTOCOL) {
    const valuesIn = (parameters: Parameters) => {
      const values = parameters.all(name);
      return String(isOneRequest && COMPARED.includes(name) ? [...new Set(values)].filter(Boolean) : values);
    };
    if (!REWRITTEN.has(name) && valuesIn(judged) !== valuesIn(sent)) {
      return `another ${name} was judged than went upstream`;
    }
  }
  if (judged.has('request')) return undefined;
  const state = sent.get('state') ?? '';
  return state.endsWith(judged.get('state') ?? '') ? undefined : 'another state went upstream';
}
