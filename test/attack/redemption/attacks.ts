import type { RedemptionAttack } from './attack.ts';
import { PATH_ATTACKS } from './paths.ts';

export const REDEMPTION_ATTACKS: readonly RedemptionAttack[] = [...PATH_ATTACKS];
