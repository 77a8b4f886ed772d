import { z } from 'zod';
import { checkPlaces } from '../check-places.ts';
import { checkSealedPolicies } from '../check-sealed-policies.ts';
import type { Address } from './address.ts';
import { auditSchema } from './audit.ts';
import { issuerSchema } from './issuer.ts';
import { adminSchema, listenSchema, shutdownSchema } from './listen.ts';
import { withRule } from './rule.ts';
import { section, text } from './scalars.ts';
import { storeSchema } from './store.ts';

const WORKERS = 'must be a number of processes, 1 to 256, or `auto`';

/** All of gateway.yaml. Types, JSON Schema and reference are generated from it. */
export const gatewaySchema = z.strictObject({
  listen: listenSchema.prefault({}).describe('The public listener.'),
  admin: adminSchema.prefault({}).describe('The listener for operators.'),
  workers: z
    .union([z.int(WORKERS).min(1, WORKERS).max(256, WORKERS), z.enum(['auto'])], { error: WORKERS })
    .meta({ 'x-type': '1 to 256, or `auto`' })
    .prefault(1)
    .describe(
      'The number of processes that serve requests; `auto`: one per processor. More than one needs `store.kind: redis` or `sealed`.',
    ),
  shutdown: shutdownSchema.prefault({}).describe('How the gateway stops.'),
  log: section({
    level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
      .prefault('info')
      .describe('The lowest severity that is written. A reload changes it.'),
    format: z
      .enum(['json', 'pretty'])
      .prefault('json')
      .describe('One JSON object per line, or readable text.'),
    requests: z
      .boolean()
      .prefault(false)
      .describe('Write a line for each answered request. A reload changes it.'),
  })
    .prefault({})
    .describe('The log on standard error.'),
  audit: auditSchema
    .prefault({})
    .describe('The audit stream: every refusal, and every violation that is only reported.'),
  store: storeSchema.prefault({}).describe('Where flows and codes are kept.'),
  issuers: z.array(issuerSchema).min(1).describe('The authorization servers behind this gateway.'),
  include: z
    .array(text({ max: 4096 }))
    .prefault([])
    .describe(
      'Further files with `clients` under `issuers` of the same `name`. Paths are relative to this file and may contain `*` and `**`. Each client must be in one file only.',
    ),
});

withRule(gatewaySchema, ({ listen, admin, workers, store, issuers = [] }, diagnostics, written) => {
  if (collide(listen?.address as Address | undefined, admin?.address as Address | undefined)) {
    const below = written.get('admin')?.value;
    const [key, other] =
      below?.kind === 'map' && below.entries.has('address') ? ['admin', 'listen'] : ['listen', 'admin'];
    diagnostics.problem([key, 'address'], `must be different from ${other}.address`);
  }
  if (store?.kind === 'memory' && workers !== undefined && workers !== 1) {
    diagnostics.problem(
      ['workers'],
      'more than 1 needs `store.kind: redis` or `sealed`: with a store in memory, each process would know only its own logins',
    );
  }
  const names = issuers.map((issuer) => issuer?.name);
  for (const [index, name] of names.entries()) {
    if (name !== undefined && names.indexOf(name) < index)
      diagnostics.problem(['issuers', index, 'name'], 'another issuer has this name');
  }
  checkPlaces(issuers, diagnostics.below('issuers'));
  for (const [index, issuer] of issuers.entries()) {
    if (store?.kind === 'sealed' && issuer !== undefined)
      checkSealedPolicies(issuer, diagnostics.below('issuers', index));
  }
});

const ANY_HOST = new Set(['0.0.0.0', '::']);

/** Whether two listeners cannot have both addresses. */
function collide(one: Address | undefined, other: Address | undefined): boolean {
  if (one === undefined || other === undefined || one.port !== other.port || one.port === 0) return false;
  return one.host === other.host || ANY_HOST.has(one.host) || ANY_HOST.has(other.host);
}
