import { isLoopbackHost } from '../../oauth/redirect-uri.ts';
import { hasControlCharacter, textAs, textThat } from './scalars.ts';

const HTTP_NOTES = { 'x-type': 'origin', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s/?#@*\\\\]+/?$' };

/** `https://host[:port]` with nothing after it, as `URL.origin` writes it. */
export const httpOrigin = textAs(HTTP_NOTES, (text) => {
  if (!/^https?:\/\/[^\s\\]+$/i.test(text) || !URL.canParse(text)) {
    return { problem: 'must be an http or https URL, such as https://idp.example.com' };
  }
  const url = new URL(text);
  if (/^[^/]*\/\/[^/]*@/.test(text)) return { problem: 'must not contain a user name or password' };
  if (text.includes('?')) return { problem: 'must not have a query' };
  if (text.includes('#')) return { problem: 'must not have a fragment' };
  if (!/^[^/]*\/\/[^/]+\/?$/.test(text)) {
    return {
      problem: `must be an origin, without the path ${url.pathname}: requests keep their path; \`endpoints\` lists the judged ones, or \`discovery\` says where they are`,
    };
  }
  if (url.hostname.includes('*')) return { problem: 'must be one origin, without a wildcard' };
  if (url.port === '0') return { problem: 'the port must be 1 to 65535' };
  return { value: url.origin };
});

const CORS_NOTES = { 'x-type': 'origin', pattern: '^[A-Za-z][A-Za-z0-9+.-]*://[^\\s/?#@\\\\*]+$' };

/** The value of an Origin header; apps in a web view use private schemes (`capacitor://localhost`). */
export const corsOrigin = textAs(CORS_NOTES, (text) => {
  if (text === '*') return { problem: '`*` is not allowed at a token endpoint: list the origins' };
  const [, scheme, host] = /^([a-z][a-z0-9+.-]*):\/\/([^\s/?#@\\*]+)$/i.exec(text) ?? [];
  if (scheme === undefined || host === undefined) {
    return { problem: 'must be an origin such as https://app.example.com, without a path' };
  }
  if (!/^https?$/i.test(scheme)) return { value: text };
  return URL.canParse(text) ? { value: new URL(text).origin } : { problem: 'must be an origin' };
});

/** Schemes that make a browser run or read something instead of navigating. */
const UNSAFE_SCHEME = /^(javascript|data|vbscript|file|filesystem|blob|about|view-source|wss?)$/i;

const REDIRECT_NOTES = { 'x-type': 'absolute URI', pattern: '^[A-Za-z][A-Za-z0-9+.-]*:[^\\s#*]+$' };

/** Redirect URIs are compared as text (RFC 9700 4.1.3), so they stay as written. */
export const redirectUri = textThat(REDIRECT_NOTES, (text) => {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(text) ?? [];
  if (scheme === undefined || !URL.canParse(text)) return 'must be an absolute URI';
  if (/\s/.test(text) || hasControlCharacter(text)) return 'must not contain spaces';
  if (text.includes('*'))
    return 'redirect URIs are compared exactly, without wildcards: list each one (a loopback address and localhost match any port)';
  if (text.includes('#')) return 'must not have a fragment (RFC 6749 3.1.2)';
  if (UNSAFE_SCHEME.test(scheme)) return `the scheme ${scheme}: cannot be a redirect target`;
  if (/^https?:(?!\/\/[^/])/i.test(text)) return 'must be an absolute URI';
});

/** Plain http to a machine other than the user's own: others can read the code on the network. */
export function isPlainHttp(redirectUri: string): boolean {
  if (!/^http:/i.test(redirectUri)) return false;
  return !isLoopbackHost(new URL(redirectUri).hostname);
}
