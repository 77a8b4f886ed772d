import type { IncomingMessage, ServerResponse } from 'node:http';
import { startProxyTo, startUpstream } from '../integration/proxy-stage.ts';
import type { GatewayUnderTest } from '../support/gateway-under-test.ts';
import type { Listener } from '../support/listener.ts';
import type { PkcePair } from '../support/pkce-pair.ts';
import { type Answer, SimpleClient, send } from '../support/simple-client.ts';

export const REDIRECT_URI = 'https://app.example.com/cb';
export const STATE = 'state ~+/=&%-1';
export const UPSTREAM_CODE = 'upstream-code-0123456789abcdef';

/** A request that the upstream got. */
export type Received = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

export type Responder = (received: Received, response: ServerResponse) => void;

export type CoreStageOptions = {
  readonly mode?: 'enforce' | 'report' | 'off';
  /** YAML flow mapping of what the client `spa` has beside mode and redirect_uris. */
  readonly policy?: string;
  /** YAML of the issuer beside its clients and endpoints. */
  readonly issuer?: string;
  /** YAML of further endpoints, as in a flow mapping. */
  readonly endpoints?: string;
  /** YAML lines of further clients, each `id: {…}`. */
  readonly clients?: readonly string[];
  readonly unlisted?: 'enforce' | 'report' | 'off' | 'reject';
  readonly top?: string;
};

type Fields = Readonly<Record<string, string | undefined>>;
type Sending = {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
};

/** The setup that the README recommends, in front of a server with configured responses. */
export class CoreStage implements AsyncDisposable {
  readonly gateway: GatewayUnderTest;
  readonly received: Received[] = [];
  /** Answers all requests but those to the token endpoint. */
  respond: Responder = (_received, response) => void response.end('a page');
  /** Answers the token endpoint. */
  token: Responder = (_received, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"access_token":"t"}');
  };
  readonly #upstream: Listener;
  readonly #client: SimpleClient;

  private constructor(upstream: Listener, gateway: GatewayUnderTest) {
    this.#upstream = upstream;
    this.gateway = gateway;
    this.#client = new SimpleClient(gateway.url, 'spa', REDIRECT_URI);
  }

  static async open(options: CoreStageOptions = {}): Promise<CoreStage> {
    const {
      mode = 'enforce',
      policy = '',
      issuer = '',
      endpoints,
      clients = [],
      unlisted = 'report',
      top = '',
    } = options;
    let stage: CoreStage | undefined;
    const upstream = await startUpstream((request, response) => void stage?.handle(request, response));
    const gateway = await startProxyTo(upstream, {
      issuer: [
        `unlisted_clients: {mode: ${unlisted}}`,
        'clients:',
        `  spa: {mode: ${mode}, redirect_uris: [${REDIRECT_URI}]${policy === '' ? '' : `, ${policy}`}}`,
        ...clients.map((line) => `  ${line}`),
        issuer,
      ].join('\n'),
      ...(endpoints === undefined ? {} : { endpoints }),
      top,
    });
    stage = new CoreStage(upstream, gateway);
    return stage;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [path = '', ...query] = (request.url ?? '').split('?');
    const received = {
      method: request.method ?? '',
      path,
      query: query.join('?'),
      headers: request.headers,
      body: Buffer.concat(chunks).toString('latin1'),
    };
    this.received.push(received);
    if (path === '/oauth2/token') this.token(received, response);
    else this.respond(received, response);
  }

  get pair(): PkcePair {
    return this.#client.pair;
  }

  get last(): Received {
    const last = this.received.at(-1);
    if (last === undefined) throw new Error('the upstream got nothing');
    return last;
  }

  /** The query of an authorization request, as a form writes it. */
  query(fields: Fields = {}): string {
    return this.#client.authorizeUrl({ state: STATE, ...fields }).searchParams.toString();
  }

  authorize(fields: Fields = {}, sending: Sending = {}): Promise<Answer> {
    return this.send(`/oauth2/authorize?${this.query(fields)}`, sending);
  }

  send(target: string, sending: Sending = {}): Promise<Answer> {
    return send(`${this.gateway.url}${target}`, sending);
  }

  postForm(
    target: string,
    form: string | Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
    return this.send(target, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body,
    });
  }

  redeem(code: string | undefined, fields: Fields = {}): Promise<Answer> {
    return this.#client.redeem(code, fields);
  }

  /** The state of the last upstream request with one. */
  get upstreamState(): string {
    for (const { query, body } of this.received.toReversed()) {
      const state = new URLSearchParams(query).get('state') ?? new URLSearchParams(body).get('state');
      if (state !== null) return state;
    }
    throw new Error('the upstream got no state');
  }

  /** Begins a flow, up to the login page. */
  async begin(fields: Fields = {}): Promise<string> {
    await this.authorize(fields);
    return this.upstreamState;
  }

  /** Lets the upstream answer the next request with a redirect. */
  redirectTo(location: string, status = 302, body = ''): void {
    this.respond = (_received, response) => void response.writeHead(status, { Location: location }).end(body);
  }

  /** The end of a login: the client's redirect_uri with the code. */
  callback(state: string, code = UPSTREAM_CODE): string {
    return `${REDIRECT_URI}?${new URLSearchParams({ code, state })}`;
  }

  reasons(event: 'refusal' | 'report_only_violation'): string[] {
    return this.gateway.logLines
      .filter((line) => line['event'] === event)
      .map((line) => String(line['reason']));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
    await this.#upstream[Symbol.asyncDispose]();
  }
}

/** Whether a response contains a code. */
export function bringsCode({ headers, text }: Answer): boolean {
  return /[?&#]code=/.test(String(headers['location'] ?? '')) || text.includes(UPSTREAM_CODE);
}

/** The error in a redirect, in query or fragment. */
export function errorOf({ location }: Answer): URLSearchParams {
  return new URLSearchParams(location?.hash ? location.hash.slice(1) : location?.search);
}
