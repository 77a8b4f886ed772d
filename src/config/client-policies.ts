import { z } from 'zod';
import { type ClientPolicies, type ClientPolicy, UNLISTED } from '../policy/client-policy.ts';
import { type BuiltInKey, policySchema, type unlistedPolicySchema } from './schema/policy.ts';
import { type SettingName, slotsOf } from './schema-shape.ts';
import type { Settings } from './settings.ts';

/** The content of an entry under `clients`, `unlisted_clients` or `defaults`. */
export type PolicyEntry = Settings<z.output<typeof unlistedPolicySchema>>;

/** The settings of a client policy; those with a built-in value are always present. `schema/policy.ts` describes them. */
export type PolicySettings = PolicyEntry & {
  readonly [K in SettingName<BuiltInKey>]: NonNullable<PolicyEntry[K]>;
};

const BUILT_IN: PolicyEntry = Object.fromEntries(
  [...slotsOf(policySchema).values()].flatMap(({ name, schema }) => {
    const value = z.globalRegistry.get(schema)?.['x-default'];
    return value === undefined ? [] : [[name, z.parse(schema, value)]];
  }),
);

/** The value in the entry, else the one in `defaults`, else the built-in value; each setting as a whole. */
export function mergeSettings(entry: PolicyEntry, defaults: PolicyEntry): PolicySettings {
  return { ...BUILT_IN, ...inheritedBy(entry, defaults), ...entry } as PolicySettings;
}

function mergePolicy(name: string, entry: PolicyEntry, defaults: PolicyEntry): ClientPolicy {
  const settings = mergeSettings(entry, defaults);
  return {
    ...settings,
    name,
    cors: settings.cors ?? { origins: httpsOrigins(settings.redirectUris ?? []) },
    origins: { entry: Object.keys(entry), defaults: Object.keys(inheritedBy(entry, defaults)) },
  };
}

export function mergePolicies(
  clients: Readonly<Record<string, PolicyEntry>>,
  unlisted: PolicyEntry,
  defaults: PolicyEntry,
): ClientPolicies {
  return {
    listed: Object.entries(clients).map(([name, entry]) => mergePolicy(name, entry, defaults)),
    unlisted: mergePolicy(UNLISTED, unlisted, defaults),
  };
}

/** An entry with its own `mode: report` or `off` does not take the enforcement settings of `defaults`. */
function inheritedBy({ mode }: PolicyEntry, defaults: PolicyEntry): PolicyEntry {
  if (mode === undefined || mode === 'enforce') return defaults;
  const { enforceFrom: _from, enforcePercent: _percent, ...others } = defaults;
  return others;
}

function httpsOrigins(redirectUris: readonly string[]): string[] {
  const https = redirectUris.filter((uri) => /^https:/i.test(uri));
  return [...new Set(https.map((uri) => new URL(uri).origin))];
}
