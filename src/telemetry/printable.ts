/**
 * Characters that end a line, move the cursor or reverse the direction of text (Unicode Cc, line separators, bidi controls,
 * zero-width characters), and halves of a surrogate pair.
 */
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu;

const DEFAULT_LIMIT = 200;

/** Untrusted text made safe to show: unprintable characters are escaped (`\u202e`), and long text is cut. */
export function printable(text: string, limit = DEFAULT_LIMIT): string {
  // Cut first as well, because the length is untrusted.
  const escaped = escapeUnprintable(text.slice(0, limit + 1));
  return escaped.length > limit ? `${escaped.slice(0, limit - 1)}…` : escaped;
}

/** Parameters of a URL with these names are secret, also where a client wrote them into a path, or into a redirect_uri. */
const SECRETS = [
  ...[
    'access_token',
    'client_assertion',
    'client_secret',
    'code',
    'code_challenge',
    'code_verifier',
    'id_token',
  ],
  ...['jsessionid', 'password', 'refresh_token', 'request', 'response', 'sid', 'state'],
];
const AMP = '[?&;#]|%(?:25){0,3}(?:3f|26|3b|23)';
const VALUE = '(?:(?!%(?:25){0,3}(?:26|3b|23))[^&;#\\s])+';
const SECRET = new RegExp(`((?:${AMP})(?:${SECRETS.join('|')})(?:=|%(?:25){0,3}3d))${VALUE}`, 'gi');
/** Characters that are searched: more than are shown. */
const SEARCHED = 4_096;

/** A path or URL without the values of secret parameters. */
export function withoutSecrets(url: string): string {
  return url.slice(0, SEARCHED).replace(SECRET, '$1…');
}

/** Inside JSON strings, this changes the notation, not the value. */
export function escapeUnprintable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
