import type { IncomingHttpHeaders } from 'node:http';
import { CookieJar } from 'tough-cookie';
import { Agent, request } from 'undici';
import { type Form, parseForms } from './html-forms.ts';

export type VisitOptions = {
  readonly method?: 'GET' | 'POST' | 'HEAD' | 'OPTIONS' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type BrowserOptions = {
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** A response in a browser that follows nothing by itself. */
export type Page = {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly setCookies: readonly string[];
  readonly text: string;
  /** The absolute Location, for any status. */
  readonly location: URL | undefined;
  readonly forms: readonly Form[];
};

/** How the browser was sent to the client. */
export type AuthorizationResponse = {
  /** The redirect URI; with the parameters, unless it is a form_post. */
  readonly url: URL;
  readonly parameters: URLSearchParams;
  readonly via: 'query' | 'fragment' | 'form_post';
  /** The response with the redirect. */
  readonly page: Page;
};

export type Credentials = { readonly username: string; readonly password?: string };

/** The login reached a page without a next step. */
export class LoginStuck extends Error {
  readonly page: Page;

  constructor(page: Page) {
    super(`stuck at ${page.status} ${page.url.href}\n${page.text.slice(0, 500)}`);
    this.page = page;
  }
}

/**
 * A user agent with its own cookie jar. Cookies belong to a host, not to a port, as in every browser: give server, gateway
 * and client different loopback hosts.
 */
export class Browser implements AsyncDisposable {
  readonly #jar = new CookieJar();
  readonly #agent = new Agent();
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ headers = {} }: BrowserOptions = {}) {
    this.#headers = headers;
  }

  /** One request and its response, no redirect followed. */
  async visit(
    target: string | URL,
    { method = 'GET', headers = {}, body }: VisitOptions = {},
  ): Promise<Page> {
    const url = new URL(target);
    const cookies = await this.#jar.getCookieString(url.href);
    const response = await request(url, {
      dispatcher: this.#agent,
      method,
      headers: {
        accept: 'text/html,application/xhtml+xml',
        ...this.#headers,
        ...(cookies === '' ? {} : { cookie: cookies }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const setCookies = [response.headers['set-cookie'] ?? []].flat();
    for (const cookie of setCookies) await this.#jar.setCookie(cookie, url.href, { ignoreError: true });
    const text = await response.body.text();
    const location = response.headers.location;
    return {
      url,
      status: response.statusCode,
      headers: response.headers,
      setCookies,
      text,
      location: typeof location === 'string' ? new URL(location, url) : undefined,
      forms: parseForms(text, url),
    };
  }

  /** Follows a redirect. A 307 or 308 repeats the body: see `submit`. */
  async follow(page: Page): Promise<Page> {
    if (page.location === undefined) throw new LoginStuck(page);
    return this.visit(page.location);
  }

  /** Submits a form with some of its fields filled in. */
  async submit(form: Form, values: Readonly<Record<string, string>> = {}): Promise<Page> {
    const body = new URLSearchParams([
      ...form.fields.filter(([name]) => !(name in values)),
      ...Object.entries(values),
    ]).toString();
    if (form.method === 'GET') return this.visit(new URL(`?${body}`, form.action));
    const post = { method: 'POST', headers: { 'content-type': form.enctype }, body } as const;
    const page = await this.visit(form.action, post);
    const repeats = page.status === 307 || page.status === 308;
    // Only the server's own pages get a repeated body; `login` inspects a redirect to the client before following it.
    if (!repeats || page.location === undefined || page.location.origin !== page.url.origin) return page;
    return this.visit(page.location, post);
  }

  /**
   * Goes through a login: follows redirects, fills in login forms, accepts consent, until the browser is about to go
   * to the redirect URI (by default the one in the URL), or to a scheme that is not http. It does not go there.
   */
  async login(
    authorizationUrl: string | URL,
    credentials: Credentials,
    redirectUri = new URL(authorizationUrl).searchParams.get('redirect_uri') ?? undefined,
  ): Promise<AuthorizationResponse> {
    return this.continueLogin(await this.visit(authorizationUrl), credentials, redirectUri);
  }

  /** The rest of a login, from a page on the way. */
  async continueLogin(
    start: Page,
    credentials: Credentials,
    redirectUri: string | undefined,
  ): Promise<AuthorizationResponse> {
    let page = start;
    for (let step = 0; step < 20; step++) {
      const arrived = authorizationResponse(page, redirectUri);
      if (arrived !== undefined) return arrived;
      const form = page.forms[0];
      if (page.status >= 300 && page.status < 400 && page.location !== undefined) {
        page = await this.follow(page);
      } else if (form !== undefined) {
        page = await this.submit(form, answersTo(form, credentials));
      } else {
        break;
      }
    }
    throw new LoginStuck(page);
  }

  /** Delivers an authorization response to the client, in its response mode. */
  async deliver({ url, parameters, via }: AuthorizationResponse): Promise<Page> {
    if (via !== 'form_post') return this.visit(url);
    return this.visit(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: parameters.toString(),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.close();
  }
}

function answersTo(form: Form, { username, password = 'secret' }: Credentials): Record<string, string> {
  const names = new Set(form.fields.map(([name]) => name));
  return { ...(names.has('username') && { username }), ...(names.has('password') && { password }) };
}

function authorizationResponse(
  page: Page,
  redirectUri: string | undefined,
): AuthorizationResponse | undefined {
  const { location, status } = page;
  if (status >= 300 && status < 400 && location !== undefined && isClient(location, redirectUri)) {
    const via = location.hash === '' ? 'query' : 'fragment';
    const parameters = new URLSearchParams(via === 'query' ? location.search : location.hash.slice(1));
    return { url: location, parameters, via, page };
  }
  const form = page.forms[0];
  if (form !== undefined && form.method === 'POST' && isClient(form.action, redirectUri)) {
    const parameters = new URLSearchParams([...form.fields]);
    return { url: form.action, parameters, via: 'form_post', page };
  }
  return undefined;
}

function isClient(url: URL, redirectUri: string | undefined): boolean {
  if (!/^https?:$/.test(url.protocol)) return true;
  if (redirectUri === undefined) return false;
  const client = new URL(redirectUri);
  return url.origin === client.origin && url.pathname === client.pathname;
}
