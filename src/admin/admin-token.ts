import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an Authorization header carries the token: as a Bearer token, or as the password of HTTP Basic. */
export function carriesToken(authorization: string | undefined, token: string): boolean {
  const [, scheme = '', credentials = ''] = /^(bearer|basic) +(\S+) *$/i.exec(authorization ?? '') ?? [];
  const presented = scheme.toLowerCase() === 'basic' ? passwordOf(credentials) : credentials;
  // Digests have equal length, so the comparison takes the same time for every token.
  return timingSafeEqual(digest(presented), digest(token));
}

function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
