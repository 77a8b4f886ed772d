import type { ClientPolicy } from '../policy/client-policy.ts';
import { unlistedPolicySchema } from './schema/policy.ts';
import { slotsOf } from './schema-shape.ts';
import { showSetting } from './show-setting.ts';

type ShownSetting = {
  /** The key in the file. */
  readonly key: string;
  /** As it is written in the file; a secret is not shown. `undefined`: it has no value. */
  readonly value: unknown;
  /** The source of the value. */
  readonly origin: 'entry' | 'defaults' | 'built-in' | undefined;
};

const SLOTS = slotsOf(unlistedPolicySchema);

/** Every setting of a policy in force, and the source of its value. */
export function showPolicy(policy: ClientPolicy): ShownSetting[] {
  const { entry = {}, inherited = {} } = policy;
  return [...SLOTS].map(([key, { name, shape }]) => {
    const value = showSetting(policy[name as keyof ClientPolicy], shape);
    const unwritten = value === undefined ? undefined : 'built-in';
    return {
      key,
      value,
      origin: name in entry ? 'entry' : name in inherited ? 'defaults' : unwritten,
    };
  });
}
