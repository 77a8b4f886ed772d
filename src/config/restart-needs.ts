import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';

/** What is settled once, when the process starts, as the keys of the configuration file. */
export function needsRestart(running: Config, next: Config): string[] {
  const settled: readonly (readonly [key: string, of: (config: Config) => unknown])[] = [
    ['listen.address', ({ listen }) => listen.address],
    // From http to https or back; another certificate needs no restart.
    ['listen.tls', ({ listen }) => listen.tls !== undefined],
    ['listen.limits.header_timeout', ({ listen }) => listen.limits.headerTimeout],
    ['listen.limits.connections', ({ listen }) => listen.limits.connections],
    ['admin', ({ admin }) => admin],
    ['workers', ({ workers }) => workers],
    ['store', ({ store }) => store],
    ['log', ({ log }) => log],
    ['audit', ({ audit }) => audit],
  ];
  return settled.filter(([, of]) => !isDeepStrictEqual(of(running), of(next))).map(([key]) => key);
}
