import {
  effectiveSettings,
  type SettingKey,
  type SettingOrigin,
  settingOrigin,
} from './effective-settings.ts';
import type { LoadedFile } from './load.ts';
import type { Position, ValuePath } from './problem.ts';
import { policySchema } from './schema/policy.ts';
import { knownKeys } from './schema-walk.ts';

export type ExplainedSetting = {
  readonly key: SettingKey;
  readonly value: unknown;
  readonly origin: SettingOrigin;
  /** Where it is written; `undefined` for a built-in value. */
  readonly at: Position | undefined;
};

/** Every setting of a client entry (`undefined`: of the clients that are not listed), and where its value comes from. */
export function explainPolicy(
  { file, source }: Pick<LoadedFile, 'file' | 'source'>,
  issuerIndex: number,
  client: string | undefined,
): ExplainedSetting[] {
  const issuer = file.issuers[issuerIndex];
  const entry = client === undefined ? issuer?.unlisted_clients : issuer?.clients[client];
  if (issuer === undefined || entry === undefined) return [];
  const settings = effectiveSettings(entry, issuer.defaults);
  const issuerPath: ValuePath = ['issuers', issuerIndex];
  const entryPath = client === undefined ? ['unlisted_clients'] : ['clients', client];
  return (knownKeys(policySchema) as SettingKey[]).map((key) => {
    const origin = settingOrigin(key, entry, issuer.defaults);
    const owner = origin === 'entry' ? entryPath : origin === 'defaults' ? ['defaults'] : undefined;
    return {
      key,
      value: settings[key],
      origin,
      at: owner && source.locate([...issuerPath, ...owner, key], 'value'),
    };
  });
}
