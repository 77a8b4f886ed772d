import type { ClientPolicy } from '../../src/policy/client-policy.ts';

/** A client policy with the defaults of the configuration. */
export function samplePolicy(overrides: Partial<ClientPolicy> = {}): ClientPolicy {
  return {
    name: 'spa-portal',
    description: undefined,
    owner: undefined,
    mode: 'enforce',
    enforceFrom: undefined,
    enforcePercent: 100,
    methods: ['S256'],
    redirectUris: undefined,
    responseTypes: ['code'],
    responseModes: undefined,
    grantTypes: undefined,
    requestObjects: 'reject',
    flowTtl: 600_000,
    codeTtl: 60_000,
    maxAttempts: 5,
    wrapCodes: true,
    state: 'prefix',
    onStoreFailure: 'reject',
    cors: { origins: [] },
    injectSecret: undefined,
    ...overrides,
  };
}
