import { builtInSettings, type PolicyEntry, type UnlistedPolicyEntry } from './schema/policy.ts';

export type SettingKey = keyof PolicyEntry;

/** One client's settings with every default filled in, still under their names in the file. */
export type EffectiveSettings = UnlistedPolicyEntry & typeof builtInSettings extends infer Both
  ? { [K in keyof Both]: K extends 'mode' ? UnlistedPolicyEntry['mode'] & string : Both[K] }
  : never;

/** Where a setting in force comes from; `undefined`: nobody says it, and there is no built-in value. */
export type SettingOrigin = 'entry' | 'defaults' | 'built-in' | undefined;

/** What the entry says, then what `defaults` says, then the built-in value: key by key, nothing is merged within a key. */
export function effectiveSettings(entry: UnlistedPolicyEntry, defaults: PolicyEntry): EffectiveSettings {
  const inherited = Object.entries(defaults).filter(([key]) => inherits(entry, key));
  return { ...builtInSettings, ...Object.fromEntries(inherited), ...entry } as EffectiveSettings;
}

export function settingOrigin(
  key: SettingKey,
  entry: UnlistedPolicyEntry,
  defaults: PolicyEntry,
): SettingOrigin {
  if (key in entry) return 'entry';
  if (key in defaults && inherits(entry, key)) return 'defaults';
  return key in builtInSettings ? 'built-in' : undefined;
}

/** Settings that say how a client is enforced, so that they go with `mode: enforce` only. */
export const ENFORCEMENT_KEYS = ['enforce_from', 'enforce_percent'] as const satisfies readonly SettingKey[];

/** How `defaults` is enforced is nothing to a client that says `mode: report` or `off` itself. */
function inherits(entry: UnlistedPolicyEntry, key: string): boolean {
  const isNotEnforced = 'mode' in entry && entry.mode !== 'enforce';
  return !(isNotEnforced && (ENFORCEMENT_KEYS as readonly string[]).includes(key));
}
