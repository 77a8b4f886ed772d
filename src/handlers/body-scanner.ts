import { ContentReader } from '../http/content-reader.ts';
import { RedemptionScanner } from '../oauth/redemption-scanner.ts';

/** Looks for a token request in a body of any type, as it is and without its Content-Encoding. */
export class BodyScanner {
  readonly #asSent = new RedemptionScanner();
  readonly #content: ContentReader | undefined;
  #found = false;

  constructor(contentEncoding: string | undefined) {
    const decoded = new RedemptionScanner();
    if (contentEncoding === undefined || contentEncoding.trim().toLowerCase() === 'identity') return;
    this.#content = new ContentReader(contentEncoding, (content) => {
      this.#found ||= decoded.finds(content.toString('latin1'));
    });
  }

  /** Whether it may take until the end of the body to know what is in it. */
  get lags(): boolean {
    return this.#content !== undefined;
  }

  /** What nobody could read in reasonable time counts as found. */
  get found(): boolean {
    return this.#found || this.#content?.isBomb === true;
  }

  /** Resolves, where there is something to wait for, when the chunk has been read. */
  read(chunk: Buffer): Promise<void> | undefined {
    this.#found ||= this.#asSent.finds(chunk.toString('latin1'));
    return this.#content?.read(chunk);
  }

  end(): Promise<void> | undefined {
    return this.#content?.end();
  }
}
