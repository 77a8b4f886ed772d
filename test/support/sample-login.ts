import { randomBytes } from 'node:crypto';
import { s256 } from '../../src/oauth/pkce.ts';
import type {
  BeginOptions,
  BegunFlow,
  Binding,
  BindOptions,
  ClaimRequest,
  Flow,
  FlowStore,
} from '../../src/store/flow-store.ts';

export const CHALLENGE = s256('the-right-verifier-of-at-least-forty-three-characters');
export const OTHER_CHALLENGE = s256('some-other-verifier-of-at-least-forty-three-characters');
export const UPSTREAM = 'https://idp.internal:8443';

/** The common fields of a flow and the binding of its code. */
const LOGIN = {
  issuer: 'corp',
  realm: '',
  clientId: 'spa-portal',
  mode: 'enforce',
  codeChallenge: CHALLENGE,
  redirectUri: 'https://app.example.com/oauth2/callback/1',
  pkceForwarded: false,
} as const;

/** A typical flow. */
export function sampleFlow(overrides: Partial<Flow> = {}): Flow {
  return {
    ...LOGIN,
    upstream: UPSTREAM,
    responseType: 'code',
    responseMode: undefined,
    violation: undefined,
    ...overrides,
  };
}

/** Begins a flow, whose prefix may have any length. */
export function beginSample(
  store: FlowStore,
  flow: Flow = sampleFlow(),
  options: Partial<BeginOptions> = {},
): BegunFlow {
  const begun = store.beginFlow(flow, { hadState: true, ttl: 60_000, ...options });
  if (begun === undefined) throw new Error('the prefix is too long');
  return begun;
}

/** A typical binding. */
export function sampleBinding(overrides: Partial<Binding> = {}): Binding {
  return {
    ...LOGIN,
    hasIdToken: false,
    maxAttempts: 5,
    ...overrides,
  };
}

/** A code of the upstream, for one flow. */
export function sampleCode(overrides: Partial<BindOptions> = {}): BindOptions {
  return {
    upstream: UPSTREAM,
    code: 'a-code',
    flowId: 'f'.repeat(43),
    binding: sampleBinding(),
    wrap: false,
    codeTtl: 60_000,
    ...overrides,
  };
}

/** Binds such a code. Returns the client's code. */
export async function bindSample(store: FlowStore, overrides: Partial<BindOptions> = {}): Promise<string> {
  const result = await store.bindCode(sampleCode(overrides));
  if (result.outcome !== 'bound') throw new Error(`the code is ${result.outcome}`);
  return result.code;
}

/** A claim with a new id. */
export function sampleClaim(challenge: string | undefined = CHALLENGE): ClaimRequest {
  return { challenge, claimId: randomBytes(16).toString('base64url') };
}
