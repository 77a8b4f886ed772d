import type { Address } from '../schema/address.ts';
import { gatewaySchema } from '../schema/gateway.ts';
import { checkPlaces } from './check-places.ts';
import { checkSealedPolicies } from './check-policies.ts';
import { withRule } from './rule.ts';

/** 96 random bits in base64url. */
const TOKEN_LENGTH = 16;

withRule(gatewaySchema, ({ listen, admin, workers, store, issuers = [] }, diagnostics, written) => {
  if (collide(listen?.address as Address | undefined, admin?.address as Address | undefined)) {
    const below = written.get('admin')?.value;
    const [key, other] =
      below?.kind === 'map' && below.entries.has('address') ? ['admin', 'listen'] : ['listen', 'admin'];
    diagnostics.problem([key, 'address'], `must be different from ${other}.address`);
  }
  if (admin?.token !== undefined && admin.token.length < TOKEN_LENGTH) {
    diagnostics.warning(
      ['admin', 'token'],
      `is short, so that it can be guessed: use at least ${TOKEN_LENGTH} random characters`,
    );
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
