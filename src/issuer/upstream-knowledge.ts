import type { Discovered } from '../upstream/discovery.ts';
import { LastDocuments } from '../upstream/last-documents.ts';

/** What the gateway has learnt of one upstream. It outlives a configuration that leaves the settings alone that it depends on. */
export class UpstreamKnowledge {
  discovered: Discovered | undefined;
  /** How the upstream calls itself under each public origin, and in each realm. */
  readonly issuers = new Map<string, string>();
  /** The upstream's metadata, for when it stumbles. */
  readonly documents = new LastDocuments();

  constructor(discovered?: Discovered) {
    this.discovered = discovered;
  }
}
