import { request } from 'undici';
import { newPkcePair, type PkcePair } from './pkce-pair.ts';

type Fields = Readonly<Record<string, string | undefined>>;

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly location: URL | undefined;
  readonly json: Readonly<Record<string, unknown>>;
};

/** One request and its unprocessed response. */
export async function send(
  url: string | URL,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  const { statusCode, headers, body } = await request(url, {
    method: (options.method ?? 'GET') as 'GET',
    headers: options.headers ?? {},
    body: options.body ?? null,
  });
  const text = await body.text();
  const location = typeof headers.location === 'string' ? URL.parse(headers.location, String(url)) : null;
  const json = String(headers['content-type']).includes('json') ? JSON.parse(text) : {};
  return { status: statusCode, headers, text, location: location ?? undefined, json };
}

/** A minimal public client for a server that logs everybody in at once. */
export class SimpleClient {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly #base: string;
  readonly pair: PkcePair = newPkcePair();

  constructor(base: string, clientId = 'spa', redirectUri = 'https://app.example.com/cb') {
    this.#base = base;
    this.clientId = clientId;
    this.redirectUri = redirectUri;
  }

  /** `undefined` removes a parameter. */
  authorizeUrl(fields: Fields = {}): URL {
    const url = new URL('/oauth2/authorize', this.#base);
    const all: Fields = {
      response_type: 'code',
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      state: 'the-state',
      code_challenge: this.pair.challenge,
      code_challenge_method: 'S256',
      ...fields,
    };
    for (const [name, value] of Object.entries(all))
      if (value !== undefined) url.searchParams.set(name, value);
    return url;
  }

  authorize(fields: Fields = {}): Promise<Answer> {
    return send(this.authorizeUrl(fields));
  }

  /** The code of a new authorization. */
  async newCode(fields: Fields = {}): Promise<string> {
    const answer = await this.authorize(fields);
    const code = answer.location?.searchParams.get('code');
    if (code == null) throw new Error(`no code: ${answer.status} ${answer.location?.href ?? answer.text}`);
    return code;
  }

  /** The parameters of a valid token request, with some changed or removed. */
  tokenFields(code: string | undefined, fields: Fields = {}): [string, string][] {
    const all: Fields = {
      grant_type: 'authorization_code',
      code,
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      code_verifier: this.pair.verifier,
      ...fields,
    };
    return Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  }

  redeem(
    code: string | undefined,
    fields: Fields = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return send(new URL('/oauth2/token', this.#base), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(this.tokenFields(code, fields)).toString(),
    });
  }
}
