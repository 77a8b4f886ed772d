import { z } from 'zod';
import { endpointPattern, patternsOverlap } from './endpoint-pattern.ts';
import { withRule } from './rule.ts';

export const endpointPathsSchema = z.strictObject({
  authorization: z.array(endpointPattern).min(1).describe('Authorization endpoints.'),
  token: z.array(endpointPattern).min(1).describe('Token endpoints.'),
  pushed_authorization: z
    .array(endpointPattern)
    .prefault([])
    .describe(
      'Pushed authorization request endpoints (RFC 9126). The gateway does not recognise a `request_uri` from any other path.',
    ),
  metadata: z
    .array(endpointPattern)
    .prefault(['/.well-known/openid-configuration'])
    .describe('Discovery documents.'),
});

/** The endpoints by key, and the names of their settings. */
export const ENDPOINT_KEYS = [
  ['authorization', 'authorization'],
  ['token', 'token'],
  ['pushed_authorization', 'pushedAuthorization'],
  ['metadata', 'metadata'],
] as const;

withRule(endpointPathsSchema, (endpoints, diagnostics) => {
  const seen: { kind: string; pattern: string }[] = [];
  for (const [kind, name] of ENDPOINT_KEYS) {
    for (const [index, pattern] of endpoints[name]?.entries() ?? []) {
      if (pattern === undefined) continue;
      const other = seen.find((earlier) => patternsOverlap(earlier.pattern, pattern));
      if (other !== undefined) {
        diagnostics.problem([kind, index], `matches the same paths as ${other.pattern} of ${other.kind}`);
      }
      seen.push({ kind, pattern });
    }
  }
});
