import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { newPkcePair } from '../support/pkce-pair.ts';
import { type Answer, SimpleClient } from '../support/simple-client.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

const REDIRECT_URI = 'https://app.example.com/cb';
const newKey = () => randomBytes(32).toString('base64url');

/** Gateways before one server, with nothing between them but their keys. */
class Replicas implements AsyncDisposable {
  readonly upstream: ScriptedLegacyServer;
  readonly #stack: AsyncDisposableStack;
  readonly #issuer: string;

  private constructor(upstream: ScriptedLegacyServer, issuer: string, stack: AsyncDisposableStack) {
    this.upstream = upstream;
    this.#issuer = issuer;
    this.#stack = stack;
  }

  /** `policy`: YAML of what the client has beside its mode and redirect_uris. */
  static async open(mode: 'enforce' | 'report' = 'enforce', policy = ''): Promise<Replicas> {
    const upstream = await startScriptedLegacyServer();
    const stack = new AsyncDisposableStack();
    stack.use(upstream);
    const issuer = [
      'unlisted_clients: {mode: report}',
      'endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token], pushed_authorization: [/oauth2/par]}',
      `clients: {spa: {mode: ${mode}, redirect_uris: [${REDIRECT_URI}]${policy}}}`,
    ].join('\n');
    return new Replicas(upstream, issuer, stack);
  }

  async start(keys: readonly string[], settings = ''): Promise<GatewayUnderTest> {
    const top = `store: {kind: sealed, sealed: {keys: [${keys.map((key) => `"${key}"`).join(', ')}]${settings}}}`;
    const gateway = await startGatewayUnderTest({ upstream: this.upstream.url, issuer: this.#issuer, top });
    this.#stack.defer(() => gateway[Symbol.asyncDispose]());
    return gateway;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

/** A client that reaches another replica with each request. */
class Traveller {
  readonly pair = newPkcePair();
  readonly #clients: readonly SimpleClient[];

  constructor(gateways: readonly GatewayUnderTest[]) {
    this.#clients = gateways.map(({ url }) => new SimpleClient(url, 'spa', REDIRECT_URI, this.pair));
  }

  at(replica: number): SimpleClient {
    return this.#clients[replica] as SimpleClient;
  }
}
