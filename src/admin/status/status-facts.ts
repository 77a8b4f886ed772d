import type { ClientActivity } from '../../activity/client-activity.ts';
import type { Config } from '../../config/config.ts';
import type { ActivityReading } from '../activity-reader.ts';
import type { ConfigLoad } from '../config-history.ts';
import type { UpstreamState } from '../upstream-watch.ts';

/** Everything that the pages show. Moments are epoch milliseconds. */
export type StatusFacts = {
  readonly now: number;
  readonly version: string;
  readonly startedAt: number;
  readonly config: Config;
  readonly loads: readonly ConfigLoad[];
  /** Why the gateway is not ready. */
  readonly problems: readonly string[];
  readonly upstreams: ReadonlyMap<string, UpstreamState>;
  /** The clients of the configuration, for use while there is no reading. */
  readonly clients: readonly ClientActivity[];
  /** `undefined`: no reading succeeded yet, so no number is known. */
  readonly reading: ActivityReading | undefined;
  /** Why the last reading failed. The previous one is shown instead. */
  readonly readingFault: string | undefined;
};
