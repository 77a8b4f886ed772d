import { expect, test } from 'vitest';
import { parseDroppedParameter } from '../../../src/config/schema/parameter-name.ts';

// RFC 6749, RFC 7521, RFC 7636, RFC 9101, RFC 9126: the parameters of policies and flows.
const NEEDED = `client_assertion client_assertion_type client_id client_secret code code_challenge code_challenge_method
  code_verifier grant_type redirect_uri refresh_token request request_uri response_mode response_type state`;

test.each(NEEDED.split(/\s+/))('%s cannot be dropped, in any spelling', (name) => {
  for (const spelling of [name, name.toUpperCase(), `${name}[]`, `[${name}]`, name.replaceAll('_', '.')]) {
    expect(parseDroppedParameter(spelling)).toEqual({
      problem: `${spelling} cannot be dropped: policies or flows use it`,
    });
  }
});

test.each(['resource', 'audience', 'nonce', 'prompt', 'x-own', 'codes'])('%s can', (name) =>
  expect(parseDroppedParameter(name)).toEqual({ value: name }),
);

test.each(['', 'a b', 'é', 'x'.repeat(129)])('%j is not a name', (text) =>
  expect(parseDroppedParameter(text)).toEqual({
    problem: 'must be the name of a parameter, such as resource',
  }),
);
