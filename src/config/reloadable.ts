import { isDeepStrictEqual } from 'node:util';
import type { Config, StoreConfig } from './config.ts';
import { settingName } from './settings.ts';

/** Settings that take effect only when the process starts, by their keys in the file. */
const SETTLED = [
  'listen.address',
  'listen.limits.header_timeout',
  'listen.limits.connections',
  'listen.keep_alive',
  'admin.address',
  'admin.hosts',
  'workers',
  'log.format',
  'audit',
];

type Section = Readonly<Record<string, unknown>>;

/**
 * What a reload can apply: the next configuration with the startup settings of the running process, and the changed keys of the
 * file that need a restart. They block nothing else, so that going back to `report` is always possible.
 */
export function reloadable(running: Config, next: Config) {
  let config = next as unknown as Section;
  const waiting: string[] = [];
  const settle = (path: string) => {
    const names = path.split('.').map(settingName);
    const value = valueAt(running, names);
    if (isDeepStrictEqual(value, valueAt(config, names))) return;
    config = withValue(config, names, value);
    waiting.push(path);
  };
  for (const path of SETTLED) settle(path);
  if (!isDeepStrictEqual(withoutSecrets(running.store), withoutSecrets(next.store))) settle('store');
  // From http to https or back; a new certificate needs no restart.
  for (const name of ['listen', 'admin'] as const) {
    if ((running[name].tls === undefined) !== (next[name].tls === undefined)) settle(`${name}.tls`);
  }
  return { config: config as unknown as Config, waiting } as const;
}

function valueAt(settings: object, names: readonly string[]): unknown {
  return names.reduce<unknown>((part, name) => (part as Section)[name], settings);
}

function withValue(settings: Section, [name = '', ...rest]: readonly string[], value: unknown): Section {
  return {
    ...settings,
    [name]: rest.length === 0 ? value : withValue(settings[name] as Section, rest, value),
  };
}

/** A reload renews the credentials, certificates and sealing keys of the store. */
function withoutSecrets(store: StoreConfig): unknown {
  const renewed = new Set(['username', 'password', 'tls', 'sealed']);
  // The `tls` of a URL says only whether there is any.
  return JSON.parse(
    JSON.stringify(store, (key, value: unknown) =>
      renewed.has(key) && typeof value !== 'boolean' ? undefined : value,
    ),
  );
}
