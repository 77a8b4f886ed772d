import type { Answer } from '../support/simple-client.ts';

const SECRET_NAMES: ReadonlySet<string> = new Set([
  'access_token',
  'client_secret',
  'code',
  'code_challenge',
  'code_verifier',
  'refresh_token',
  'request',
  'request_uri',
  'state',
]);

/** Shorter values stand in other words by chance. */
const SHORTEST = 8;

/** Every code, verifier, challenge, state, client secret and token that was seen on the wire. */
export class Secrets {
  readonly #values = new Set<string>();

  get values(): readonly string[] {
    return [...this.#values];
  }

  add(...values: readonly string[]): void {
    for (const value of values) if (value.length >= SHORTEST) this.#values.add(value);
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

  /** Those that stand in a text, as they are or percent-encoded. */
  foundIn(text: string): readonly string[] {
    return this.values.filter((value) => text.includes(value) || text.includes(encodeURIComponent(value)));
  }
}
