import { AUTHORIZATION_CASES } from './authorization-cases.ts';
import { AUTHORIZATION_RESPONSE_CASES } from './authorization-response-cases.ts';
import { titleOf } from './refusal-case.ts';
import { TOKEN_CASES } from './token-cases.ts';
import { TOKEN_MESSAGE_CASES } from './token-message-cases.ts';

/** Every case with its title. */
export const REFUSAL_CASES = [
  ...AUTHORIZATION_CASES,
  ...AUTHORIZATION_RESPONSE_CASES,
  ...TOKEN_CASES,
  ...TOKEN_MESSAGE_CASES,
].map((refusal) => [titleOf(refusal), refusal] as const);
