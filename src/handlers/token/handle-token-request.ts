import type { Exchange } from '../exchange.ts';
import { runSteps, type Step } from '../run-steps.ts';
import { checkRedemption } from './check-redemption.ts';
import { checkTokenMessage } from './check-token-message.ts';
import { claimCode } from './claim-code.ts';
import { forwardRedemption } from './forward-redemption.ts';
import { passOtherGrant } from './pass-other-grant.ts';
import { readTokenRequest } from './read-token-request.ts';
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
