import type { MetadataDocument } from '../oauth/metadata.ts';

/** The most documents, so that requests with many different hosts cannot fill the memory. */
const LIMIT = 32;

/** Milliseconds for which a document is used during errors of the upstream. */
const KEPT_FOR = 3_600_000;

/** The last good metadata documents of one upstream. Times are epoch milliseconds. */
export class LastDocuments {
  readonly #entries = new Map<string, { readonly document: MetadataDocument; readonly at: number }>();

  remember(key: string, document: MetadataDocument, now: number): void {
    // Insertion order is the order of use: the first entry is the least recently used one.
    this.#entries.delete(key);
    this.#entries.set(key, { document, at: now });
    if (this.#entries.size <= LIMIT) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  recall(key: string, now: number): MetadataDocument | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && now - entry.at <= KEPT_FOR ? entry.document : undefined;
  }
}
