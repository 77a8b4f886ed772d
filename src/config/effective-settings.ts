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
  const settings = { ...builtInSettings, ...defaults, ...entry } as EffectiveSettings;
  if (dropsEnforceFrom(entry)) delete settings.enforce_from;
  return settings;
}

export function settingOrigin(
  key: SettingKey,
  entry: UnlistedPolicyEntry,
  defaults: PolicyEntry,
): SettingOrigin {
  if (key in entry) return 'entry';
  if (key in defaults && !(key === 'enforce_from' && dropsEnforceFrom(entry))) return 'defaults';
  return key in builtInSettings ? 'built-in' : undefined;
}

/** A client that says `mode: report` or `off` itself is not to be enforced from the day that `defaults` names. */
function dropsEnforceFrom(entry: UnlistedPolicyEntry): boolean {
  return 'mode' in entry && entry.mode !== 'enforce' && !('enforce_from' in entry);
}
