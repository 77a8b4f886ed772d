import type { RedemptionAttack } from './attack.ts';
import { BODY_ATTACKS } from './bodies.ts';
import { COOKIE_ATTACKS } from './cookies.ts';
import { HEADER_ATTACKS } from './headers.ts';
import { everywhere } from './messages.ts';
import { PARAMETER_ATTACKS } from './parameters.ts';
import { PATH_ATTACKS } from './paths.ts';

/** Every way to redeem a stolen code without its verifier. */
export const REDEMPTION_ATTACKS: readonly RedemptionAttack[] = [
  ...PATH_ATTACKS,
  ...everywhere(PARAMETER_ATTACKS),
  ...everywhere(BODY_ATTACKS),
  ...everywhere(COOKIE_ATTACKS),
  ...HEADER_ATTACKS,
];
