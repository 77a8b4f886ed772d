import type { MetadataDocument } from '../oauth/metadata.ts';
import { RecentMap } from '../recent-map.ts';

/** The most documents, so that requests with many different hosts cannot fill the memory. */
const LIMIT = 32;

/** Milliseconds for which a document is used during errors of the upstream. */
const KEPT_FOR = 3_600_000;

/** The last good metadata documents of one upstream. Times are epoch milliseconds. */
export class LastDocuments {
  readonly #entries = new RecentMap<{ readonly document: MetadataDocument; readonly at: number }>(LIMIT);

  remember(key: string, document: MetadataDocument, now: number): void {
    this.#entries.set(key, { document, at: now });
  }

  recall(key: string, now: number): MetadataDocument | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && now - entry.at <= KEPT_FOR ? entry.document : undefined;
  }
}
