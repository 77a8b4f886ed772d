import { z } from 'zod';
import { type ClientPolicies, type ClientPolicy, UNLISTED } from '../policy/client-policy.ts';
import type { PolicyEntry, PolicySettings } from './policy-settings.ts';
import { policySchema } from './schema/policy.ts';
import { slotsOf } from './schema-shape.ts';

const BUILT_IN: PolicyEntry = Object.fromEntries(
  [...slotsOf(policySchema).values()].flatMap(({ name, schema }) => {
    const value = z.globalRegistry.get(schema)?.['x-default'];
    return value === undefined ? [] : [[name, z.parse(schema, value)]];
  }),
);

/** Settings that say how a client is enforced; they apply with `mode: enforce` only. */
export const ENFORCEMENT_KEYS = [
  'enforceFrom',
  'enforcePercent',
] as const satisfies readonly (keyof PolicySettings)[];

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
