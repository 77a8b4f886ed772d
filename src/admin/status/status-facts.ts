import type { Config } from '../../config/config.ts';
import type { ActivityReading } from '../activity-reader.ts';
import type { ConfigLoad } from '../config-history.ts';
import type { UpstreamState } from '../upstream-watch.ts';
import type { ClientQuery } from './client-query.ts';

/** All that the status page shows. Moments are epoch milliseconds. */
export type StatusFacts = {
  readonly now: number;
  readonly version: string;
  readonly startedAt: number;
  readonly config: Config;
  readonly loads: readonly ConfigLoad[];
  /** Why the gateway is not ready, if it is not. */
  readonly notReady: string | undefined;
  readonly upstreams: ReadonlyMap<string, UpstreamState>;
  /** `undefined`: none worked yet. */
  readonly reading: ActivityReading | undefined;
  /** Why the last reading did not work; the one before stands in its place. */
  readonly readingFault: string | undefined;
  readonly query: ClientQuery;
};
