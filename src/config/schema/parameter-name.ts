import { type Parsed, textAs } from './scalars.ts';

/** Parameters that policies are judged by, or that a flow cannot do without. */
const NEEDED = new Set([
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'redirect_uri',
  'response_type',
  'response_mode',
  'state',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
  'grant_type',
  'code',
  'code_verifier',
]);

/** The name of a parameter that may be dropped. */
export function parseDroppedParameter(text: string): Parsed<string> {
  if (!/^[!-~]{1,128}$/.test(text)) return { problem: 'must be the name of a parameter, such as resource' };
  if (NEEDED.has(text.toLowerCase())) {
    return { problem: `${text} cannot be dropped: policies or flows need it` };
  }
  return { value: text };
}

export function droppedParameter() {
  return textAs(parseDroppedParameter, { 'x-type': 'parameter name', pattern: '^[!-~]{1,128}$' });
}
