import type { Answer } from '../support/simple-client.ts';

const SECRET_NAMES: ReadonlySet<string> = new Set([
  'access_token',
  'client_assertion',
  'client_secret',
  'code',
  'code_challenge',
  'code_verifier',
  'id_token',
  'refresh_token',
  'request',
  'request_uri',
  'response',
  'state',
]);

/** Shorter values may occur in other words by chance. */
const SHORTEST = 8;

/** Every code, verifier, challenge, state, client secret and token that was seen on the wire. */
export class Secrets {
  /** Each with the texts in which it may occur. */
  readonly #values = new Map<string, readonly string[]>();

  get values(): readonly string[] {
    return [...this.#values.keys()];
  }

  add(...values: readonly string[]): void {
    for (const value of values) {
      if (value.length >= SHORTEST && !this.#values.has(value)) this.#values.set(value, writingsOf(value));
    }
  }

  /** Values that are not secret in the searched text. */
  remove(...values: readonly string[]): void {
    for (const value of values) this.#values.delete(value);
  }

  readParameters(...lists: readonly URLSearchParams[]): void {
    for (const list of lists) {
      for (const [name, value] of list) if (SECRET_NAMES.has(name.trim().toLowerCase())) this.add(value);
    }
  }

  readRequest(url: string, body: string | Buffer | undefined): void {
    this.readParameters(new URL(url).searchParams, new URLSearchParams(String(body ?? '')));
  }

  readAnswer({ location, json }: Answer): void {
    if (location !== undefined) {
      this.readParameters(location.searchParams, new URLSearchParams(location.hash.slice(1)));
    }
    for (const [name, value] of Object.entries(json)) {
      if (SECRET_NAMES.has(name) && typeof value === 'string') this.add(value);
    }
  }

  /** The secrets in a text: plain, percent-encoded, as JSON, in hex, or anywhere in base64. */
  foundIn(text: string): readonly string[] {
    return [...this.#values]
      .filter(([, writings]) => writings.some((writing) => text.includes(writing)))
      .map(([value]) => value);
  }
}

function writingsOf(value: string): readonly string[] {
  const hex = Buffer.from(value).toString('hex');
  const base64 = [0, 1, 2].flatMap((offset) => {
    const inside = base64Inside(Buffer.from(value), offset);
    return [inside, inside.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const json = JSON.stringify(value).slice(1, -1);
  return [...new Set([value, encodeURIComponent(value), json, hex, hex.toUpperCase(), ...base64])];
}

/** The base64 characters that depend only on the value, after this number of preceding bytes. */
function base64Inside(bytes: Buffer, octetsBefore: number): string {
  const text = Buffer.concat([Buffer.alloc(octetsBefore), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const firstWhole = Math.ceil((octetsBefore * 8) / 6);
  return text.slice(firstWhole, Math.floor(((octetsBefore + bytes.length) * 8) / 6));
}
