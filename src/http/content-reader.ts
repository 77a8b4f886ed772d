import type { Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createBrotliDecompress, createInflateRaw, createUnzip, createZstdDecompress } from 'node:zlib';

/** Octets that any encoded octet may become, over a first allowance: beyond it is no content but a bomb. */
const EXPANSION = 50;
const ALLOWANCE = 256 * 1024;

/**
 * Reads a body that passes by in some Content-Encoding (RFC 9110 8.4), as far as it can be read: one that breaks off, or
 * is not what it says, ends where it does for a server. What is no encoding at all is nobody's to read.
 */
export class ContentReader {
  readonly #names: readonly string[];
  readonly #onContent: (content: Buffer) => void;
  #decoders: readonly Transform[] = [];
  #encoded = 0;
  #decoded = 0;

  constructor(contentEncoding: string, onContent: (content: Buffer) => void) {
    this.#names = contentEncoding
      .toLowerCase()
      .split(',')
      .map((name) => name.trim());
    this.#onContent = onContent;
  }

  /** Whether the content outgrows all measure. */
  get isBomb(): boolean {
    return this.#decoded > ALLOWANCE + this.#encoded * EXPANSION;
  }

  async read(chunk: Buffer): Promise<void> {
    if (this.#encoded === 0) this.#decoders = this.#connect(chunk);
    this.#encoded += chunk.length;
    const [first] = this.#decoders;
    if (first === undefined || !first.writable) return;
    // One that fails says no more about what was written to it.
    await new Promise<void>((resolve) => {
      first.once('close', resolve).write(chunk, () => {
        first.off('close', resolve);
        resolve();
      });
    });
  }

  /** Resolves when everything has been read. */
  async end(): Promise<void> {
    const last = this.#decoders.at(-1);
    this.#decoders[0]?.end();
    if (last !== undefined) await finished(last).catch(() => {});
  }

  /** The encoding that was applied last comes off first. */
  #connect(beginning: Buffer): Transform[] {
    const decoders = this.#names
      .toReversed()
      .flatMap((name, i) => createDecoder(name, i === 0 ? beginning : undefined) ?? []);
    for (const [i, decoder] of decoders.entries()) {
      const next = decoders[i + 1];
      // What came before the fault has been read already; what would come behind it has nowhere to go.
      decoder.on('error', () => {
        for (const previous of decoders.slice(0, i)) previous.destroy();
        next?.end();
      });
      if (next !== undefined) decoder.pipe(next);
    }
    decoders.at(-1)?.on('data', (content: Buffer) => {
      this.#decoded += content.length;
      if (this.isBomb) for (const decoder of decoders) decoder.destroy();
      else this.#onContent(content);
    });
    return decoders;
  }
}

/** `beginning`: of what comes in, where that is known. */
function createDecoder(name: string, beginning: Buffer | undefined): Transform | undefined {
  switch (name) {
    case 'gzip':
    case 'x-gzip':
      return createUnzip();
    case 'deflate':
      // RFC 9110 8.4.1.2: some senders leave the zlib format away.
      return ((beginning?.[0] ?? 8) & 0x0f) === 8 ? createUnzip() : createInflateRaw();
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress();
    default:
      return undefined;
  }
}
