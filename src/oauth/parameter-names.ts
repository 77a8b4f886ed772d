import { foldText } from './fold-text.ts';

/** Parameters whose empty value counts as none: servers disagree on whether it is absent (RFC 6749 3.1, 3.2). */
export const VALUE_NEEDED: ReadonlySet<string> = new Set([
  'client_id',
  'code',
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
  'grant_type',
  'redirect_uri',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
]);

/**
 * The parameters that decide what an authorization or a token request means (RFC 6749, RFC 7636, RFC 9101, RFC 9126,
 * RFC 7521, OpenID Connect Core). A server that reads one of them differently than the gateway would see another request.
 */
export const PROTOCOL_PARAMETERS: ReadonlySet<string> = new Set([
  ...VALUE_NEEDED,
  ...['client_assertion', 'client_assertion_type', 'client_secret', 'refresh_token', 'state'],
]);

/** Further parameters whose values contain no tabs or line ends (RFC 6749 A.4, OpenID Connect Core 3.1.2.1, RFC 8707, RFC 9449 10). */
export const ONE_LINE: ReadonlySet<string> = new Set([
  ...['acr_values', 'audience', 'display', 'dpop_jkt', 'id_token_hint', 'login_hint', 'max_age', 'nonce'],
  ...['prompt', 'resource', 'scope', 'ui_locales'],
]);

/** RFC 8707 section 2 and RFC 8693 section 2.1 allow these to repeat. */
export const REPEATABLE: ReadonlySet<string> = new Set(['audience', 'resource']);

/** Most names are plain, and every server reads a plain name in the same way. */
const PLAIN = /^[a-z_]*$/;

/**
 * Whether some server would read this name as a protocol parameter although it is none: PHP cuts at `[` and turns spaces and
 * dots into `_`, Rack drops brackets, ASP.NET ignores case, others trim.
 */
export function isLookalike(name: string): boolean {
  return !PLAIN.test(name) && !PROTOCOL_PARAMETERS.has(name) && namesParameter(name);
}

/** Whether a name is that of a protocol parameter, also as lenient servers read it. */
export function namesParameter(name: string): boolean {
  return PROTOCOL_PARAMETERS.has(canonicalName(name));
}

/**
 * The protocol parameter that a lenient server would read in a name. Rack and qs (Express) drop brackets around it, PHP
 * turns an unclosed bracket into `_`.
 */
export function canonicalName(name: string): string {
  if (PLAIN.test(name)) return name;
  const [, core = ''] = /^[\s[\]]*([^[\]]*)/.exec(name) ?? [];
  const unbracketed = fold(core);
  return PROTOCOL_PARAMETERS.has(unbracketed) ? unbracketed : fold(name);
}

/** The text as servers in C read it: up to a NUL. */
export function beforeNul(text: string): string {
  const nul = text.indexOf('\u0000');
  return nul === -1 ? text : text.slice(0, nul);
}

/** Java's `equalsIgnoreCase` takes `ı` for `i`; IIS maps full-width letters to ASCII. No protocol parameter has so long a name. */
function fold(name: string): string {
  return foldText(name.slice(0, LONGEST_NAME)).replace(/[ .[]/g, '_');
}

/** Characters, with blanks that servers trim. */
const LONGEST_NAME = 2048;
