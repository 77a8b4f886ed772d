import type { Binding } from '../../src/flow/binding.ts';
import type { Flow } from '../../src/flow/flow.ts';
import { s256 } from '../../src/oauth/pkce.ts';

export const CHALLENGE = s256('the-right-verifier-of-at-least-forty-three-characters');
export const OTHER_CHALLENGE = s256('some-other-verifier-of-at-least-forty-three-characters');

/** A flow as most are. */
export function sampleFlow(overrides: Partial<Flow> = {}): Flow {
  return {
    clientId: 'spa-portal',
    mode: 'enforce',
    codeChallenge: CHALLENGE,
    redirectUri: 'https://app.example.com/oauth2/callback/1',
    responseType: 'code',
    responseMode: undefined,
    scope: '',
    pkceForwarded: false,
    pushedKey: undefined,
    ...overrides,
  };
}

/** A binding as most are. */
export function sampleBinding(overrides: Partial<Binding> = {}): Binding {
  return {
    clientId: 'spa-portal',
    mode: 'enforce',
    codeChallenge: CHALLENGE,
    redirectUri: 'https://app.example.com/oauth2/callback/1',
    scope: '',
    pkceForwarded: false,
    maxAttempts: 5,
    wrappedCode: undefined,
    ...overrides,
  };
}
