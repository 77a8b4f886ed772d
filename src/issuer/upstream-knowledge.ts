import { RecentMap } from '../recent-map.ts';
import type { Discovered } from '../upstream/discovery.ts';
import { LastDocuments } from '../upstream/last-documents.ts';

/** Origins come from Host headers, which anybody can make up. */
const LEARNED_LIMIT = 100;

/** What the gateway has learned about one upstream. It survives a reload that does not change the settings that it depends on. */
export class UpstreamKnowledge {
  discovered: Discovered | undefined;
  /** The issuer identifier of the upstream under each public origin, and in each realm. */
  readonly issuers = new RecentMap<string>(LEARNED_LIMIT);
  /** The upstream's last metadata, for use during errors of the upstream. */
  readonly documents = new LastDocuments();

  constructor(discovered?: Discovered) {
    this.discovered = discovered;
  }
}
