/** A JWT with these claims in compact serialisation, with an arbitrary signature. */
export function unsignedJwt(
  claims: unknown,
  header: unknown = { alg: 'RS256' },
  signature = 'c2lnbmF0dXJl',
): string {
  return `${encodePart(header)}.${encodePart(claims)}.${signature}`;
}

function encodePart(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
