import type { ClientPolicy } from '../policy/client-policy.ts';
import { unlistedPolicySchema } from './schema/policy.ts';
import { showQuantity } from './schema/quantity.ts';
import { type Shape, slotsOf } from './schema-shape.ts';

const SLOTS = slotsOf(unlistedPolicySchema);

/** Every setting of a policy in force by its key in the file, and the source of its value. `undefined`: it has none. */
export function showPolicy(policy: ClientPolicy) {
  const { entry = {}, inherited = {} } = policy;
  return [...SLOTS].map(([key, { name, shape }]) => {
    const value = showSetting(policy[name as keyof ClientPolicy], shape);
    const unwritten = value === undefined ? undefined : 'built-in';
    const origin = name in entry ? 'entry' : name in inherited ? 'defaults' : unwritten;
    return { key, value, origin } as const;
  });
}

/** A setting as it is written in the file; hidden values are not shown. */
export function showSetting(value: unknown, shape: Shape): unknown {
  if (value === undefined || shape.kind === 'mapping' || shape.kind === 'record') return value;
  if (isHidden(shape)) return '(hidden)';
  if (shape.kind !== 'scalar' || typeof value !== 'number') return value;
  const unit = shape.notes['x-unit'];
  return unit === undefined ? value : showQuantity(value, unit);
}

/** Whether a setting is a secret, may contain one, or is the content of a file. */
export function isHidden(shape: Shape): boolean {
  if (shape.kind === 'list') return isHidden(shape.item);
  return (
    shape.kind === 'scalar' && (['x-secret', 'x-hidden', 'x-file'] as const).some((note) => shape.notes[note])
  );
}
