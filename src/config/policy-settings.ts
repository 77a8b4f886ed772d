import type { z } from 'zod';
import type { BuiltInKey, unlistedPolicySchema } from './schema/policy.ts';
import type { SettingName } from './schema-shape.ts';
import type { Settings } from './settings.ts';

/** The content of an entry under `clients`, `unlisted_clients` or `defaults`. */
export type PolicyEntry = Settings<z.output<typeof unlistedPolicySchema>>;

/** The settings of a client policy; those with a built-in value are always present. `schema/policy.ts` describes them. */
export type PolicySettings = PolicyEntry & {
  readonly [K in SettingName<BuiltInKey>]: NonNullable<PolicyEntry[K]>;
};
