import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import { decodeCanonical, decrypt, encrypt } from '../aes-gcm.ts';
import { takeRandomBytes } from '../random-pool.ts';
import { decodeBase32, encodeBase32 } from './base32.ts';

/** The kinds of encrypted records. Each kind has its own keys, and so have the signed flows: none passes for another kind. */
type Purpose = 'code' | 'request_uri';

/** The first byte of everything sealed: a new layout gets a new number, and records with the old one count as expired. */
const VERSION = 2;
const KEY_ID_BYTES = 2;
const HEADER_BYTES = 1 + KEY_ID_BYTES;
/** Makes the prefixes of equal records differ. */
const SALT_BYTES = 6;
const TAG_BYTES = 16;

type SealingKey = { readonly header: Buffer } & Readonly<Record<Purpose | 'flow', KeyObject>>;

/** The keys of `store.sealed.keys`: the first seals, all open. */
export class SealingKeys {
  readonly #keys: readonly [SealingKey, ...SealingKey[]];

  /** `keys`: one or more of 32 bytes in base64url. */
  constructor(keys: readonly string[]) {
    const [first, ...others] = keys.map(deriveKeys);
    if (first === undefined) throw new RangeError('sealed records need a key');
    this.#keys = [first, ...others];
  }

  /** Authenticates a flow, which anybody may read, in base32. `context`: it opens only with the same context. */
  sign(record: Buffer, context: string): string {
    const [key] = this.#keys;
    const signed = Buffer.concat([key.header, takeRandomBytes(SALT_BYTES), record]);
    return encodeBase32(Buffer.concat([signed, tagOf(key.flow, signed, context)]));
  }

  /** The signed record; `undefined` if no key signed it with this context. */
  verify(text: string, context: string): Buffer | undefined {
    const bytes = decodeBase32(text);
    if (bytes === undefined || bytes.length < HEADER_BYTES + SALT_BYTES + TAG_BYTES) return undefined;
    const signed = bytes.subarray(0, -TAG_BYTES);
    const tag = bytes.subarray(-TAG_BYTES);
    const isOurs = this.#sealedWith(bytes).some((key) =>
      timingSafeEqual(tagOf(key.flow, signed, context), tag),
    );
    return isOurs ? signed.subarray(HEADER_BYTES + SALT_BYTES) : undefined;
  }

  /** Like `sign`, but also encrypts the record, in base64url. */
  encrypt(purpose: Purpose, record: Buffer, context: string): string {
    const [key] = this.#keys;
    return Buffer.concat([key.header, encrypt(key[purpose], record, contextOf(key, context))]).toString(
      'base64url',
    );
  }

  decrypt(purpose: Purpose, text: string, context: string): Buffer | undefined {
    const bytes = decodeCanonical(text) ?? Buffer.alloc(0);
    for (const key of this.#sealedWith(bytes)) {
      const opened = decrypt(key[purpose], bytes.subarray(HEADER_BYTES), contextOf(key, context));
      if (opened !== undefined) return opened;
    }
    return undefined;
  }

  /** Two keys may have the same id. */
  #sealedWith(bytes: Buffer): readonly SealingKey[] {
    const header = bytes.subarray(0, HEADER_BYTES);
    return this.#keys.filter((key) => key.header.equals(header));
  }
}

function contextOf({ header }: SealingKey, context: string): Buffer {
  return Buffer.concat([header, Buffer.from(context, 'utf8')]);
}

/** The context ends with a NUL, which no origin contains. */
function tagOf(key: KeyObject, signed: Buffer, context: string): Buffer {
  return createHmac('sha256', key).update(`${context}\0`).update(signed).digest().subarray(0, TAG_BYTES);
}

/** RFC 5869: one key for each purpose, and an id that reveals nothing about them. */
function deriveKeys(text: string): SealingKey {
  const key = Buffer.from(text, 'base64url');
  const derive = (label: string, length: number) =>
    Buffer.from(hkdfSync('sha256', key, '', `pkce-gateway/sealed/${VERSION}/${label}`, length));
  const secret = (purpose: Purpose | 'flow') => createSecretKey(derive(purpose, 32));
  return {
    header: Buffer.concat([Buffer.of(VERSION), derive('id', KEY_ID_BYTES)]),
    flow: secret('flow'),
    code: secret('code'),
    request_uri: secret('request_uri'),
  };
}
