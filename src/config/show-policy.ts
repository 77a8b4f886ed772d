import type { ClientPolicy } from '../policy/client-policy.ts';
import type { LoadedConfig } from './load.ts';
import type { Position } from './problem.ts';
import { unlistedPolicySchema } from './schema/policy.ts';
import { slotsOf } from './schema-shape.ts';
import { showSetting } from './show-setting.ts';

export type ShownSetting = {
  /** The key in the file. */
  readonly key: string;
  /** As it is written in the file; a secret is not shown. `undefined`: it has no value. */
  readonly value: unknown;
  /** The source of the value. */
  readonly origin: 'entry' | 'defaults' | 'built-in' | undefined;
};

const SLOTS = slotsOf(unlistedPolicySchema);

/** Every setting of a policy in force, and the source of its value. */
export function showPolicy(policy: ClientPolicy): ShownSetting[] {
  const { entry = [], defaults = [] } = policy.origins ?? {};
  return [...SLOTS].map(([key, { name, shape }]) => {
    const value = showSetting(policy[name as keyof ClientPolicy], shape);
    const unwritten = value === undefined ? undefined : 'built-in';
    return {
      key,
      value,
      origin: entry.includes(name) ? 'entry' : defaults.includes(name) ? 'defaults' : unwritten,
    };
  });
}

/** The settings of a client entry (`undefined`: of the unlisted clients), each with its position if it is written. */
export function explainPolicy(
  { config, locate }: Pick<LoadedConfig, 'config' | 'locate'>,
  issuerIndex: number,
  client: string | undefined,
): (ShownSetting & { readonly at: Position | undefined })[] {
  const { listed, unlisted } = config.issuers[issuerIndex]?.clients ?? { listed: [], unlisted: undefined };
  const policy = client === undefined ? unlisted : listed.find(({ name }) => name === client);
  const paths = {
    entry: client === undefined ? ['unlisted_clients'] : ['clients', client],
    defaults: ['defaults'],
    'built-in': undefined,
  };
  return (policy === undefined ? [] : showPolicy(policy)).map((setting) => {
    const path = setting.origin && paths[setting.origin];
    return { ...setting, at: path && locate(['issuers', issuerIndex, ...path, setting.key], 'value') };
  });
}
