import { BodyCarriers } from '../../src/oauth/carriers/body-carriers.ts';
import { type Carrier, type Changes, rewriteCarriers } from '../../src/oauth/carriers/carrier.ts';
import type { ContentFamily } from '../../src/oauth/carriers/content-family.ts';
import type { Surroundings } from '../../src/oauth/carriers/find-urls.ts';
import type { Piece } from '../../src/oauth/carriers/piece.ts';

/** A well-formed prefix in these tests: `pg` and 30 letters and digits. */
export const PREFIX = 'pgsa1b2c3d4e5f6g7h8i9j0k1l2m3n4o';
export const AROUND: Surroundings = {
  base: new URL('https://login.example.com/oauth2/continue?x=1'),
  findPrefix(text, from) {
    const prefix = /pg[a-z0-9]{30}/g;
    prefix.lastIndex = from;
    return prefix.exec(text)?.index ?? -1;
  },
};
/** The rewriting for an enforced flow. */
export const CHANGES: Changes = { prefix: PREFIX, hadState: true, code: 'NEW', iss: undefined };

/** The pieces of a body that arrives in parts of this size. */
export function readBody(family: ContentFamily, body: string, size = body.length || 1): Piece[] {
  const carriers = new BodyCarriers(family, AROUND);
  const pieces: Piece[] = [];
  for (let at = 0; at < body.length; at += size) pieces.push(...carriers.push(body.slice(at, at + size)));
  return [...pieces, ...carriers.end()];
}

export function carriersOf(pieces: readonly Piece[]): Carrier[] {
  return pieces.flatMap(({ carriers }) => carriers);
}

/** The body with changes in every carrier for which `isChanged` is true. */
export function rewriteBody(
  pieces: readonly Piece[],
  changes: Changes = CHANGES,
  isChanged: (carrier: Carrier) => boolean = () => true,
): string {
  return pieces
    .map(({ text, start, carriers }) =>
      rewriteCarriers(
        text,
        carriers.filter(isChanged).map((carrier) => [carrier, changes] as const),
        start,
      ),
    )
    .join('');
}
