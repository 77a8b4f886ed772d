import {
  type AuthorizationResponse,
  isResponsePart,
  type ResponseChanges,
  readAuthorizationResponse,
  redirectParameters,
  rewriteAuthorizationResponse,
} from '../oauth/authorization-response.ts';
import { buildFormPostPage, FORM_POST_CSP } from '../oauth/form-post-page.ts';
import { type PostForm, rewriteFormPostPage } from '../oauth/form-post-response.ts';
import type { Outcome } from '../upstream/outcome.ts';
import { publishHead } from '../upstream/publish-head.ts';
import { type ResponseHead, withHeader, withoutHeaders } from '../upstream/response-headers.ts';
import type { Exchange } from './exchange.ts';

/** An authorization response together with what brings it to the browser. */
export type Carrier = {
  readonly response: AuthorizationResponse;
  readonly kind: 'query' | 'fragment' | 'form_post';
  /** The upstream's response as it came, but for its own origin. */
  unchanged(): Outcome;
  /** `undefined`: it cannot be changed without guessing. */
  changed(changes: ResponseChanges): Outcome | undefined;
  /** A page that posts the changed response to the redirect_uri. */
  asFormPost(redirectUri: string, changes: ResponseChanges): Outcome;
};

/** A redirect with the response in its query or fragment. */
export class RedirectCarrier implements Carrier {
  readonly response: AuthorizationResponse;
  readonly kind: 'query' | 'fragment';
  readonly #exchange: Exchange;
  readonly #head: ResponseHead;
  readonly #location: string;

  private constructor(
    exchange: Exchange,
    head: ResponseHead,
    location: string,
    response: AuthorizationResponse,
  ) {
    this.#exchange = exchange;
    this.#head = head;
    this.#location = location;
    this.response = response;
    // Servers write `#_` behind a query, so that no older fragment is kept (RFC 9700 4.1.1).
    this.kind = isResponsePart(response.target.hash.slice(1)) ? 'fragment' : 'query';
  }

  /** `undefined`: the redirect is no authorization response. */
  static read(exchange: Exchange, head: ResponseHead, location: string): RedirectCarrier | undefined {
    const target = readTarget(exchange, location);
    const response = readAuthorizationResponse(target, redirectParameters(target));
    return response && new RedirectCarrier(exchange, head, location, response);
  }

  unchanged(): Outcome {
    return { pass: navigate(this.#exchange, this.#head) };
  }

  changed(changes: ResponseChanges): Outcome {
    return {
      pass: withHeader(this.#head, 'location', rewriteAuthorizationResponse(this.#location, changes)),
    };
  }

  asFormPost(redirectUri: string, changes: ResponseChanges): Outcome {
    const target = new URL(rewriteAuthorizationResponse(this.#location, changes), this.response.target);
    const own = [...new URLSearchParams(URL.parse(redirectUri)?.search)].length;
    const parameters =
      this.kind === 'query'
        ? [...redirectParameters(target)].slice(own)
        : new URLSearchParams(target.hash.slice(1));
    const body = Buffer.from(buildFormPostPage(redirectUri, parameters));
    const kept = withoutHeaders(this.#head, PAGE_HEADERS);
    const headers = [
      ...kept.headers,
      'Content-Type',
      'text/html; charset=utf-8',
      'Content-Length',
      String(body.length),
      'Cache-Control',
      'no-store',
      'Content-Security-Policy',
      FORM_POST_CSP,
      'X-Request-Id',
      this.#exchange.requestId,
    ];
    return { replace: { status: 200, statusText: 'OK', headers }, body };
  }
}

/** What the upstream said of its redirect is not true of the page that takes its place. */
const PAGE_HEADERS: ReadonlySet<string> = new Set([
  'cache-control',
  'content-encoding',
  'content-length',
  'content-security-policy',
  'content-type',
  'etag',
  'last-modified',
  'location',
  'x-request-id',
]);

/** A page of the upstream's own that posts the response (OAuth 2.0 Form Post Response Mode). */
export class PageCarrier implements Carrier {
  readonly response: AuthorizationResponse;
  readonly kind = 'form_post';
  readonly #head: ResponseHead;
  readonly #html: string;
  readonly #form: PostForm;

  constructor(head: ResponseHead, html: string, form: PostForm, response: AuthorizationResponse) {
    this.#head = head;
    this.#html = html;
    this.#form = form;
    this.response = response;
  }

  unchanged(): Outcome {
    return { pass: this.#head };
  }

  changed(changes: ResponseChanges): Outcome | undefined {
    const html = rewriteFormPostPage(this.#html, this.#form, changes);
    if (html === undefined) return undefined;
    const body = Buffer.from(html, 'latin1');
    const kept = withoutHeaders(this.#head, new Set(['content-encoding', 'content-length', 'etag']));
    return { replace: { ...kept, headers: [...kept.headers, 'Content-Length', String(body.length)] }, body };
  }

  asFormPost(_redirectUri: string, changes: ResponseChanges): Outcome {
    return this.changed(changes) ?? this.unchanged();
  }
}

/** A redirect that stays with the server: its own origin becomes the public one. */
export function navigate({ issuer, publicOrigin }: Exchange, head: ResponseHead): ResponseHead {
  return publishHead(head, issuer.config.upstream, publicOrigin);
}

/** With an authority of its own, it is the same from wherever it is read. */
const ABSOLUTE = /^https?:\/\//i;

/** Where a browser would go. What it could not read keeps its parameters, and is no place of any client: others might read it. */
export function readTarget(exchange: Exchange, text: string): URL {
  const base = ABSOLUTE.test(text) ? undefined : exchange.publicOrigin + exchange.target.path;
  return URL.parse(text, base) ?? new URL(`invalid:${/[?#].*/s.exec(text)?.[0] ?? ''}`);
}
