import type { z } from 'zod';
import type { BuiltInKey, unlistedPolicySchema } from './schema/policy.ts';
import type { SettingName } from './schema-shape.ts';
import type { Settings } from './settings.ts';

/** What an entry under `clients`, `unlisted_clients` or `defaults` says. */
export type PolicyEntry = Settings<z.output<typeof unlistedPolicySchema>>;

/** The settings of a client policy, those with a built-in value present. Their meaning is described in `schema/policy.ts`. */
export type PolicySettings = PolicyEntry & {
  readonly [K in SettingName<BuiltInKey>]: NonNullable<PolicyEntry[K]>;
};
