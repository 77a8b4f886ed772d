import { mergeSettings, type SettingOrigin, settingOrigin } from './client-policies.ts';
import type { LoadedFile } from './load.ts';
import type { PolicyEntry, PolicySettings } from './policy-settings.ts';
import type { Position } from './problem.ts';
import { unlistedPolicySchema } from './schema/policy.ts';
import { slotsOf } from './schema-shape.ts';
import { showSetting } from './show-setting.ts';

export type ExplainedSetting = {
  /** The key in the file. */
  readonly key: string;
  /** As it is written in the file; a secret is not shown. */
  readonly value: unknown;
  readonly origin: SettingOrigin;
  /** Where it is written; `undefined` for a built-in value. */
  readonly at: Position | undefined;
};

/** Every setting of a client entry (`undefined`: of the unlisted clients), and the source of its value. */
export function explainPolicy(
  { settings, locate }: Pick<LoadedFile, 'settings' | 'locate'>,
  issuerIndex: number,
  client: string | undefined,
): ExplainedSetting[] {
  const issuer = settings.issuers[issuerIndex];
  if (issuer === undefined) return [];
  const { defaults, clients, unlistedClients } = issuer;
  const entry: PolicyEntry | undefined =
    client === undefined ? unlistedClients : Object.hasOwn(clients, client) ? clients[client] : undefined;
  if (entry === undefined) return [];
  const merged = mergeSettings(entry, defaults);
  const entryPath = client === undefined ? ['unlisted_clients'] : ['clients', client];
  return [...slotsOf(unlistedPolicySchema)].map(([key, slot]) => {
    const name = slot.name as keyof PolicySettings;
    const origin = settingOrigin(name, entry, defaults);
    const owner = origin === 'entry' ? entryPath : origin === 'defaults' ? ['defaults'] : undefined;
    return {
      key,
      value: showSetting(merged[name], slot.shape),
      origin,
      at: owner && locate(['issuers', issuerIndex, ...owner, key], 'value'),
    };
  });
}
