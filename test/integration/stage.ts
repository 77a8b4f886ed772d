import { randomBytes } from 'node:crypto';
import type { Mode } from '../../src/policy/mode.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { newPkcePair } from '../support/pkce-pair.ts';
import { type Answer, SimpleClient, send } from '../support/simple-client.ts';
import {
  type Quirks,
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';
import { Secrets } from './secrets.ts';

export type Fields = Readonly<Record<string, string | undefined>>;
export type Sending = {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
};

export type StageOptions = {
  readonly mode?: Mode;
  /** YAML flow mapping of every client's settings besides its mode, such as `code_ttl: 1s`. */
  readonly policy?: string;
  /** YAML of the policy for unlisted clients. Default: the mode of all others. */
  readonly unlisted?: string;
  /** YAML of the whole issuer besides its upstream, instead of the above. */
  readonly issuer?: string;
  /** YAML of the upstream beside its URL. */
  readonly upstream?: string;
  readonly quirks?: Partial<Quirks>;
  /** The acting client: one with a configured redirect_uri, or one without. */
  readonly actor?: 'spa' | 'open';
  /** YAML of the top level. */
  readonly top?: string;
  /** The Accept header of every request. */
  readonly accept?: string;
};

export const REDIRECT_URI = 'https://app.example.com/cb';
/** The redirect_uri of `open`: it would get no code at a place of an enforced client. */
export const OPEN_REDIRECT_URI = 'https://open.example.com/cb';
/** Characters of the prefix before a state. */
export const FLOW_PREFIX_LENGTH = 32;

/**
 * A gateway in front of a legacy server, with two clients: `spa`, whose redirect_uri is configured, and `open`, which may
 * use any. Records every secret on the wire.
 */
export class Stage implements AsyncDisposable {
  readonly upstream: ScriptedLegacyServer;
  readonly gateway: GatewayUnderTest;
  readonly client: SimpleClient;
  readonly mode: Mode;
  readonly secrets = new Secrets();
  readonly #accept: string | undefined;
  readonly #state = `state-${randomBytes(9).toString('hex')}`;

  private constructor(upstream: ScriptedLegacyServer, gateway: GatewayUnderTest, options: StageOptions) {
    this.upstream = upstream;
    this.gateway = gateway;
    this.mode = options.mode ?? 'enforce';
    const { actor = 'spa' } = options;
    this.client = new SimpleClient(gateway.url, actor, actor === 'spa' ? REDIRECT_URI : OPEN_REDIRECT_URI);
    this.#accept = options.accept;
    this.secrets.add(this.client.pair.verifier, this.client.pair.challenge, this.#state);
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    const upstream = await startScriptedLegacyServer(options.quirks);
    const { top = '', upstream: settings } = options;
    const server = settings === undefined ? '' : `upstream: {url: "${upstream.url}", ${settings}}\n`;
    const issuer = server + (options.issuer ?? issuerOf(options));
    return new Stage(upstream, await startGatewayUnderTest({ upstream: upstream.url, issuer, top }), options);
  }

  /** The client's state, by default. */
  get state(): string {
    return this.#state;
  }

  authorize(fields: Fields = {}): Promise<Answer> {
    return this.send(this.client.authorizeUrl({ state: this.#state, ...fields }));
  }

  /** The code of a new authorization. */
  async newCode(fields: Fields = {}): Promise<string> {
    const { location, status, text } = await this.authorize(fields);
    const code = location?.searchParams.get('code');
    if (code == null) throw new Error(`no code: ${status} ${location?.href ?? text}`);
    return code;
  }

  tokenFields(code: string | undefined, fields: Fields = {}): [string, string][] {
    return this.client.tokenFields(code, fields);
  }

  redeem(code: string | undefined, fields: Fields = {}, sending: Sending = {}): Promise<Answer> {
    return this.postForm('/oauth2/token', new URLSearchParams(this.tokenFields(code, fields)), sending);
  }

  postForm(path: string, form: URLSearchParams | string | Buffer, sending: Sending = {}): Promise<Answer> {
    const body = Buffer.isBuffer(form) ? form : form.toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...sending.headers };
    return this.send(path, { method: 'POST', ...sending, body, headers });
  }

  /** All requests of a test pass through this function. */
  async send(target: string | URL, sending: Sending = {}): Promise<Answer> {
    const url = typeof target === 'string' ? `${this.gateway.url}${target}` : target.href;
    this.secrets.readRequest(url, sending.body);
    const accept: Record<string, string> = this.#accept === undefined ? {} : { accept: this.#accept };
    const answer = await send(url, { ...sending, headers: { ...accept, ...sending.headers } });
    this.secrets.readAnswer(answer);
    for (const { query, form } of this.upstream.requests.all) {
      this.secrets.readParameters(query, form);
      this.secrets.add((query.get('state') ?? form.get('state') ?? '').slice(0, FLOW_PREFIX_LENGTH));
    }
    return answer;
  }

  /** The states that the upstream got, in order. */
  get upstreamStates(): readonly string[] {
    return this.upstream.requests
      .to('/oauth2/authorize')
      .map(({ query, form }) => form.get('state') ?? query.get('state') ?? '');
  }

  /** A well-formed verifier that matches nothing. */
  wrongVerifier(): string {
    const { verifier } = newPkcePair();
    this.secrets.add(verifier);
    return verifier;
  }

  logLines(event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.gateway.logLines.filter((line) => line.event === event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
    await this.upstream[Symbol.asyncDispose]();
  }
}

function issuerOf({ mode = 'enforce', policy = '', unlisted = `{mode: ${mode}}` }: StageOptions): string {
  return [
    `defaults: {mode: ${mode}${policy === '' ? '' : `, ${policy}`}}`,
    `unlisted_clients: ${unlisted}`,
    'clients:',
    `  spa: {owner: web-team@example.com, redirect_uris: [${REDIRECT_URI}]}`,
    '  open: {description: may go anywhere}',
  ].join('\n');
}
