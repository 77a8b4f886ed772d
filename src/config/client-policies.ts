import { z } from 'zod';
import { type BuiltInKey, policySchema, type unlistedPolicySchema } from './schema/policy.ts';
import { slotsOf } from './schema-shape.ts';
import type { SettingName, Settings } from './settings.ts';

/** The content of an entry under `clients`, `unlisted_clients` or `defaults`. */
export type PolicyEntry = Settings<z.output<typeof unlistedPolicySchema>>;

/** The settings of a client policy; those with a built-in value are always present. `schema/policy.ts` describes them. */
export type PolicySettings = PolicyEntry & {
  readonly [K in SettingName<BuiltInKey>]: NonNullable<PolicyEntry[K]>;
};

/** The settings of a client that neither its entry nor `defaults` has. */
export const BUILT_IN_POLICY = Object.fromEntries(
  [...slotsOf(policySchema).values()].flatMap(({ name, schema }) => {
    const value = z.globalRegistry.get(schema)?.['x-default'];
    return value === undefined ? [] : [[name, z.parse(schema, value)]];
  }),
) as PolicySettings;
