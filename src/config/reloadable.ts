import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';

/** What is settled when the process starts, as paths into the configuration. */
const SETTLED = [
  ['listen', 'address'],
  ['listen', 'limits', 'headerTimeout'],
  ['listen', 'limits', 'connections'],
  ['listen', 'keepAlive'],
  ['admin', 'address'],
  ['admin', 'hosts'],
  ['workers'],
  ['store'],
  ['log', 'format'],
  ['audit'],
] as const;

type Section = { [key: string]: unknown };

export type ReloadableConfig = {
  /** The next configuration, with what is settled as it runs. */
  readonly config: Config;
  /** The keys of the file whose change waits for a restart. */
  readonly waiting: readonly string[];
};

/** What a reload can put in force of another configuration. The way back to `report` must always be open, so a change that needs a restart blocks nothing else. */
export function reloadable(running: Config, next: Config): ReloadableConfig {
  const config = structuredClone(next);
  const waiting: string[] = [];
  const settle = (path: readonly string[]) => {
    const key = path.at(-1) as string;
    const [from, to] = [running, config].map((whole) =>
      path.slice(0, -1).reduce((part, name) => part[name] as Section, whole as unknown as Section),
    ) as [Section, Section];
    if (isDeepStrictEqual(from[key], to[key])) return;
    to[key] = from[key];
    waiting.push(path.map(fileName).join('.'));
  };
  for (const path of SETTLED) settle(path);
  // From http to https or back; another certificate needs no restart.
  for (const name of ['listen', 'admin'] as const) {
    if ((running[name].tls === undefined) !== (next[name].tls === undefined)) settle([name, 'tls']);
  }
  return { config, waiting };
}

function fileName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
