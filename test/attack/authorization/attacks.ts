import type { AuthorizationAttack } from './attack.ts';
import { LIVE_FLOWS } from './live-flows.ts';
import { ODD_MESSAGES } from './odd-messages.ts';
import { PUSHED_REQUESTS } from './pushed-requests.ts';
import { REDIRECT_TARGETS } from './redirect-targets.ts';
import { WITHOUT_CHALLENGE } from './without-challenge.ts';

/** Every way to a code that the attacker can redeem. */
export const AUTHORIZATION_ATTACKS: readonly AuthorizationAttack[] = [
  ...WITHOUT_CHALLENGE,
  ...ODD_MESSAGES,
  ...REDIRECT_TARGETS,
  ...PUSHED_REQUESTS,
  ...LIVE_FLOWS,
];
