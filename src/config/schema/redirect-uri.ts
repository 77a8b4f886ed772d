import { hasControlCharacter, type Parsed, textAs } from './scalars.ts';

/** Schemes that make a browser run or read something instead of navigating. */
const UNSAFE_SCHEMES = new Set([
  'javascript',
  'data',
  'vbscript',
  'file',
  'filesystem',
  'blob',
  'about',
  'view-source',
  'ws',
  'wss',
]);

/** Redirect URIs are compared as text (RFC 9700 4.1.3), so they stay as written. */
export function parseRedirectUri(text: string): Parsed<string> {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(text) ?? [];
  if (scheme === undefined || !URL.canParse(text)) return { problem: 'must be an absolute URI' };
  if (/\s/.test(text) || hasControlCharacter(text)) return { problem: 'must not contain spaces' };
  if (text.includes('*')) {
    return {
      problem:
        'redirect URIs are compared exactly, without wildcards: list each one (a loopback address and localhost match any port)',
    };
  }
  if (text.includes('#')) return { problem: 'must not have a fragment (RFC 6749 3.1.2)' };
  if (UNSAFE_SCHEMES.has(scheme.toLowerCase()))
    return { problem: `the scheme ${scheme}: cannot be a redirect target` };
  if (/^https?:(?!\/\/[^/])/i.test(text)) return { problem: 'must be an absolute URI' };
  return { value: text };
}

export const redirectUri = textAs(parseRedirectUri, {
  'x-type': 'absolute URI',
  pattern: '^[A-Za-z][A-Za-z0-9+.-]*:[^\\s#*]+$',
});

/** Plain http to a machine other than the user's own: others can read the code on the network. */
export function isPlainHttp(redirectUri: string): boolean {
  if (!/^http:/i.test(redirectUri)) return false;
  const { hostname } = new URL(redirectUri);
  return hostname !== 'localhost' && hostname !== '[::1]' && !/^127(\.\d+){3}$/.test(hostname);
}
