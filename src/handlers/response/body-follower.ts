import { BodyCarriers, mayHoldCarriers } from '../../oauth/carriers/body-carriers.ts';
import { rewriteCarriers } from '../../oauth/carriers/carrier.ts';
import { type ContentFamily, sniffFamily } from '../../oauth/carriers/content-family.ts';
import type { Surroundings } from '../../oauth/carriers/find-urls.ts';
import type { Piece } from '../../oauth/carriers/piece.ts';
import { decodeContent } from '../../upstream/decode-content.ts';
import type { BodyInspector, Inspected } from '../../upstream/outcome.ts';
import {
  describeBody,
  headerOf,
  type ResponseHead,
  withoutHeaders,
} from '../../upstream/response-headers.ts';
import type { Exchange } from '../exchange.ts';
import type { ResponseJudge } from './response-judge.ts';

/** Bytes. A body that is no larger is searched as a whole, which is cheap, unless it arrives slowly. */
const WHOLE_LIMIT = 64 * 1024;
/** Milliseconds to wait for a whole body of known length, which then keeps its length, and for any other. */
const BUFFER_TIMES = { sized: 200, unsized: 10 };
/** Bytes of a content-encoded body, before and after decoding. */
const CODED_LIMIT = 1024 * 1024;

const NOTHING = Buffer.alloc(0);
const LENGTH: ReadonlySet<string> = new Set(['content-length']);

type Options = {
  readonly exchange: Exchange;
  /** The head as it is sent to the client if nothing changes. */
  readonly head: ResponseHead;
  readonly judge: ResponseJudge;
  readonly family: ContentFamily;
  readonly around: Surroundings;
};

/** A response must be withheld, but part of it was already sent. */
export class ResponseWithheld extends Error {
  readonly code = 'response_withheld';
}

/** Follows the carriers in a body while it streams. */
export class BodyFollower implements BodyInspector {
  readonly #options: Options;
  #reader: BodyCarriers | undefined;
  /** The head to send first: a streamed body may still change its length. */
  readonly head: ResponseHead;
  readonly bufferTime: number | undefined;
  readonly #encoding: string | undefined;
  /** The chunks of a body while it is buffered. */
  #held: Buffer[] | undefined;
  #heldSize = 0;
  /** A body that cannot be decoded is streamed unread. */
  #unread = false;
  /** Whether any part of it was sent. */
  #left = false;
  #changed = false;

  constructor(options: Options) {
    this.#options = options;
    const encoding = headerOf(options.head, 'content-encoding')?.trim().toLowerCase();
    this.#encoding = encoding === '' || encoding === 'identity' ? undefined : encoding;
    const length = Number(headerOf(options.head, 'content-length') ?? Number.POSITIVE_INFINITY);
    const isSized = Number.isFinite(length);
    if (this.#encoding !== undefined || !isSized || length <= WHOLE_LIMIT) this.#held = [];
    this.head = this.#held === undefined ? withoutHeaders(options.head, LENGTH) : options.head;
    if (this.#held !== undefined && this.#encoding === undefined)
      this.bufferTime = isSized ? BUFFER_TIMES.sized : BUFFER_TIMES.unsized;
  }

  push(chunk: Buffer): Inspected | Promise<Inspected> {
    if (this.#unread) return chunk;
    if (this.#held === undefined) return this.#send(this.#carriers.push(chunk.toString('latin1')));
    this.#held.push(chunk);
    this.#heldSize += chunk.length;
    if (this.#heldSize <= (this.#encoding === undefined ? WHOLE_LIMIT : CODED_LIMIT)) return NOTHING;
    const bytes = this.#takeHeld(this.#held);
    return this.#encoding === undefined ? this.push(bytes) : this.#passUnread(bytes);
  }

  /** A slow body is streamed, and may then change its length. */
  onBufferTime(): Inspected {
    if (this.#held === undefined) return NOTHING;
    const bytes = this.#takeHeld(this.#held);
    return { pass: withoutHeaders(this.#options.head, LENGTH), body: this, bytes };
  }

  end(): Inspected | Promise<Inspected> {
    if (this.#held === undefined) return this.#unread ? NOTHING : this.#send(this.#carriers.end());
    const all = this.#takeHeld(this.#held);
    const body = this.#encoding === undefined ? all : decodeContent(all, this.#encoding, CODED_LIMIT);
    if (body === undefined) return this.#passUnread(all);
    const text = body.toString('latin1');
    const { around } = this.#options;
    const family = sniffFamily(text, this.#options.family);
    if (!mayHoldCarriers(text, family, around)) return all;
    const carriers = new BodyCarriers(family, around);
    const pieces = [...carriers.push(text), ...carriers.end()];
    if (pieces.every(isPlain)) return all;
    const sent = this.#options.exchange.inScope(() => this.#judgeEach(pieces));
    const whole = (text: string | 'answered'): Inspected =>
      text === 'answered' ? text : this.#changed ? this.#replaced(text) : all;
    return sent.then(whole);
  }

  get #carriers(): BodyCarriers {
    const { family, around } = this.#options;
    this.#reader ??= new BodyCarriers(family, around);
    return this.#reader;
  }

  #takeHeld(held: readonly Buffer[]): Buffer {
    this.#held = undefined;
    const [first = NOTHING] = held;
    return held.length === 1 ? first : Buffer.concat(held);
  }

  #passUnread(bytes: Buffer): Inspected {
    this.#unread = true;
    return bytes;
  }

  /** A fully buffered body is sent decoded, with its new length. */
  #replaced(text: string): Inspected {
    const bytes = Buffer.from(text, 'latin1');
    return { pass: describeBody(this.#options.head, bytes.length), bytes };
  }

  #send(pieces: readonly Piece[]): Inspected | Promise<Inspected> {
    if (pieces.every(isPlain)) return this.#pass(pieces.map(({ text }) => text).join(''));
    const sent = this.#options.exchange.inScope(() => this.#judgeEach(pieces));
    return sent.then((text) => this.#pass(text));
  }

  #pass(text: string | 'answered'): Inspected {
    if (text === 'answered') return text;
    this.#left ||= text !== '';
    return Buffer.from(text, 'latin1');
  }

  async #judgeEach(pieces: readonly Piece[]): Promise<string | 'answered'> {
    let sent = '';
    for (const { text, start, carriers, tooLarge } of pieces) {
      const changed = await this.#options.judge.judgeAll(carriers, tooLarge);
      if ('withhold' in changed) return this.#withhold(changed.withhold);
      this.#changed ||= changed.length > 0;
      sent += rewriteCarriers(text, changed, start);
    }
    return sent;
  }

  #withhold(answer: () => void): 'answered' {
    if (this.#left) throw new ResponseWithheld('a response that must be withheld is aborted');
    answer();
    return 'answered';
  }
}

function isPlain({ carriers, tooLarge }: Piece): boolean {
  return carriers.length === 0 && tooLarge === undefined;
}
