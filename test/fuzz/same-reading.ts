import { isProtocolParameter } from '../../src/oauth/parameter-names.ts';
import { type Parameters, parseParameters } from '../../src/oauth/parameters.ts';
import { FORM_PARSERS } from '../support/foreign-parsers.ts';
import type { FuzzCase } from './fuzz-case.ts';

/** What went upstream at an endpoint. */
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
/** What the gateway takes away (`forward_pkce: never`), or writes itself. */
const REWRITTEN = new Set([
  'code',
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
  'response_mode',
  'state',
]);

/**
 * Whether what went upstream means one thing to every parser, and that is what was judged. `undefined`: it does.
 */
export async function findDifference(made: FuzzCase, forwarded: Forwarded): Promise<string | undefined> {
  const inQuery = forwarded.method === 'GET' || forwarded.method === 'HEAD';
  const message = inQuery ? forwarded.query : forwarded.body;
  const own = parseParameters(message);
  if (own.problem !== undefined) return `${own.problem} went upstream`;
  for (const [parser, parse] of Object.entries(FORM_PARSERS)) {
    const reading = await parse(message);
    for (const name of PROTOCOL) {
      const [theirs, ours] = [reading.get(name) ?? [], own.parameters.all(name)];
      if (String(theirs) !== String(ours)) return `${parser} reads another ${name} in what went upstream`;
    }
  }
  if (forwarded.path !== '/oauth2/token' && own.parameters.has('code_challenge'))
    return 'a challenge went upstream';
  const isReposted = made.beginning === 'a live flow again';
  const beside = inQuery ? forwarded.body : forwarded.query;
  if (beside !== '' && !isReposted && (await hasProtocolParameter(beside))) {
    return 'a parameter went upstream beside the message';
  }
  const judged = parseParameters(inQuery ? made.written.query : made.written.body).parameters;
  return isReposted || judged.has('request_uri') ? undefined : compare(judged, own.parameters);
}

async function hasProtocolParameter(text: string): Promise<boolean> {
  for (const parse of Object.values(FORM_PARSERS)) {
    const reading = await parse(text);
    if (PROTOCOL.some((name) => reading.has(name))) return true;
  }
  return parseParameters(text).parameters.entries.some(([name]) => isProtocolParameter(name));
}

function compare(judged: Parameters, sent: Parameters): string | undefined {
  for (const name of PROTOCOL) {
    if (!REWRITTEN.has(name) && String(judged.all(name)) !== String(sent.all(name))) {
      return `another ${name} was judged than went upstream`;
    }
  }
  if (judged.has('request')) return undefined;
  const state = sent.get('state') ?? '';
  return state.endsWith(judged.get('state') ?? '') ? undefined : 'another state went upstream';
}
