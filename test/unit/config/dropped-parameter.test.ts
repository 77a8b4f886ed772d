import { expect, test } from 'vitest';
import { droppedParameter } from '../../../src/config/schema/names.ts';

// RFC 6749, RFC 7521, RFC 7636, RFC 9101, RFC 9126: the parameters of policies and flows.
const NEEDED = `client_assertion client_assertion_type client_id client_secret code code_challenge code_challenge_method
  code_verifier grant_type redirect_uri refresh_token request request_uri response_mode response_type state`;

const problemWith = (name: string) => droppedParameter.safeParse(name).error?.issues[0]?.message;

test.each(NEEDED.split(/\s+/))('%s cannot be dropped, in any spelling', (name) => {
  for (const spelling of [name, name.toUpperCase(), `${name}[]`, `[${name}]`, name.replaceAll('_', '.')]) {
    expect(problemWith(spelling)).toBe(`${spelling} cannot be dropped: policies or flows use it`);
  }
});

test.each(['resource', 'audience', 'nonce', 'prompt', 'x-own', 'codes'])('%s can', (name) =>
  expect(droppedParameter.parse(name)).toBe(name),
);

test.each(['', 'a b', 'é', 'x'.repeat(129)])('%j is not a name', (text) =>
  expect(problemWith(text)).toBe('must be the name of a parameter, such as resource'),
);
