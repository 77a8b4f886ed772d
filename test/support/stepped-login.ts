import { Browser, type Page } from './browser.ts';
import type { Answer, SimpleClient } from './simple-client.ts';

export const STEPS = ['ask', 'answer', 'redeem'] as const;
export type Step = (typeof STEPS)[number];

export type SteppedLoginOptions = {
  /** Default: true. */
  readonly pkce?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly username?: string;
};

/** A login in three steps. Each is a separate request, so that a fault can be injected in between. */
export class SteppedLogin implements AsyncDisposable {
  readonly #client: SimpleClient;
  readonly #pkce: boolean;
  readonly #browser: Browser;
  readonly #username: string;
  #login: Page | undefined;
  #code = '';

  /** The server must answer the login form with the code (`login: 'issue_at_login'`). */
  constructor(client: SimpleClient, options: SteppedLoginOptions = {}) {
    const { pkce = true, headers = {}, username = 'bob' } = options;
    this.#client = client;
    this.#pkce = pkce;
    this.#browser = new Browser({ headers });
    this.#username = username;
  }

  /** Its code; empty before the response. */
  get code(): string {
    return this.#code;
  }

  /** The authorization request, up to the login page. */
  async ask(): Promise<Page> {
    const without = { code_challenge: undefined, code_challenge_method: undefined };
    const page = await this.#browser.visit(this.#client.authorizeUrl(this.#pkce ? {} : without));
    if (page.status === 302) this.#login = await this.#browser.follow(page);
    return page;
  }

  /** The login, which returns the response. */
  async answer(): Promise<Page> {
    const form = this.#login?.forms[0];
    if (form === undefined) throw new Error('there is no login page');
    const page = await this.#browser.submit(form, { username: this.#username });
    this.#code = page.location?.searchParams.get('code') ?? '';
    return page;
  }

  redeem(): Promise<Answer> {
    return this.#client.redeem(this.#code, this.#pkce ? {} : { code_verifier: undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser[Symbol.asyncDispose]();
  }
}
