import { LAST_DRAW } from '../../policy/client-policy.ts';
import type { Exchange } from '../exchange.ts';
import { identifyByCredentials } from '../identify-client.ts';
import { bodyParametersOf } from '../message/message.ts';
import { readMessage } from '../message/read-message.ts';
import { type Progress, runSteps, type Step } from '../run-steps.ts';
import { checkRedemption } from './check-redemption.ts';
import { checkTokenMessage } from './check-token-message.ts';
import { claimCode } from './claim-code.ts';
import { forwardRedemption } from './forward-redemption.ts';
import { passOtherGrant } from './pass-other-grant.ts';
import { TokenContext } from './token-context.ts';

/** The whole order of a token request (RFC 6749 4.1.3, RFC 7636 4.5 and 4.6). */
const STEPS: readonly Step<TokenContext>[] = [
  readTokenRequest,
  checkTokenMessage,
  // A code under another grant is a redemption only if it is bound to a flow.
  passOtherGrant,
  claimCode,
  checkRedemption,
  forwardRedemption,
];

export async function handleTokenRequest(exchange: Exchange): Promise<void> {
  const context = new TokenContext(exchange);
  try {
    await runSteps(STEPS, context);
  } finally {
    // Every exit before the upstream's answer releases the code.
    await context.claimed?.release();
  }
}

async function readTokenRequest(context: TokenContext): Promise<Progress> {
  const { exchange } = context;
  const message = await readMessage(exchange);
  const { identity, client } = identifyByCredentials(exchange, message, LAST_DRAW);
  context.message = message;
  context.parameters = bodyParametersOf(message);
  context.identity = identity;
  context.named = client;
  context.grantType = context.parameters.get('grant_type');
  return undefined;
}
