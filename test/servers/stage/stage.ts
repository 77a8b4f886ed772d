import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { request } from 'undici';
import { startChromium } from '../../support/chromium.ts';
import { type ClientApp, startClientApp } from '../../support/client-app.ts';
import { freePort } from '../../support/free-port.ts';
import { MetricSamples } from '../../support/metric-samples.ts';
import { newPkcePair, type PkcePair } from '../../support/pkce-pair.ts';
import { type GatewayProcess, startGatewayProcess } from '../../support/process.ts';
import type { Product, ProductClient, RunningProduct, User } from '../product.ts';
import { type Journey, travel } from './journey.ts';
import { newNonce } from './nonce.ts';
import { startTap, type Tap } from './tap.ts';

/**
 * The browser's route to the product. Its address bar shows the same origin in each. `sealed`: through two gateways
 * alternately, which share only a key.
 */
export type Route = 'straight' | 'enforce' | 'report' | 'sealed';

/** The URL of an endpoint that a client calls itself. */
export type TokenAnswer = {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
};

export type Stage = AsyncDisposable & {
  readonly product: Product;
  readonly running: RunningProduct;
  readonly publicOrigin: string;
  readonly client: ProductClient;
  readonly app: ClientApp;
  /** The messages of the browser and the client. */
  readonly front: Tap;
  /** The messages of the product behind a gateway. */
  readonly back: Tap;
  take(route: Route): void;
  /** A new visitor with a new browser profile. */
  newVisit(): Promise<Visit>;
  /** A form post of the client, with its credentials. */
  post(path: string, parameters: Readonly<Record<string, string>>): Promise<TokenAnswer>;
  get(path: string): Promise<TokenAnswer>;
  /** The metrics of all gateways of the route. */
  metrics(route: Exclude<Route, 'straight'>): Promise<MetricSamples>;
};

export type Visit = AsyncDisposable & {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly user: User;
  readonly pkce: PkcePair;
  /** An authorization request of the client; `undefined` leaves one of the usual parameters out. */
  authorizationUrl(parameters?: Readonly<Record<string, string | undefined>>, pkce?: PkcePair): string;
  /** The client's data for a state that it sent. */
  readonly verifiers: ReadonlyMap<string, string>;
  /** Continues from the current page until there is nothing to do. */
  travel(how?: HowToGo): Promise<Journey>;
  /** Completes the page once. */
  step(how?: HowToGo): Promise<Journey>;
};

export type HowToGo = { readonly page?: Page; readonly password?: string; readonly consents?: boolean };

/** Every scenario has its own user, so that no server remembers a consent. All names have the same length. */
const USERS: readonly User[] = Array.from({ length: 120 }, (_, i) => ({
  username: `visitor${i + 100}`,
  password: `visitor${i + 100}`,
}));

/** One product, the gateway before it in enforce and in report, a client, and a browser. */
export async function startStage(product: Product, installation: string): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'pkce-gateway-servers-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const app = stack.use(await startClientApp({ host: '127.0.0.1' }));
  const redirectUri = `http://app.localhost:${app.port}/callback`;
  const client = { id: 'portal', secret: 'portal-secret-of-32-characters-x', redirectUri };

  const front = stack.use(await startTap('http://127.0.0.1:9'));
  const publicOrigin = `http://login.localhost:${front.port}`;
  const port = await freePort();
  const data = await mkdtemp(join(folder, 'product-'));
  const running = stack.use(
    await product.start({ installation, data, port, publicOrigin, clients: [client], users: USERS }),
  );
  const origin = `http://127.0.0.1:${port}`;
  const back = stack.use(await startTap(origin));
  const startGateway = async (mode: 'enforce' | 'report', store?: object): Promise<GatewayProcess> => {
    const file = join(folder, `${mode}.yaml`);
    const config = { ...gatewayConfig(product, running, back.url, mode, client), store };
    await writeFile(file, JSON.stringify(config, null, 2));
    return stack.use(await startGatewayProcess(['serve', '--config', file]));
  };
  const sealed = { kind: 'sealed', sealed: { keys: [randomBytes(32).toString('base64url')] } };
  const gateways = {
    enforce: [await startGateway('enforce')],
    report: [await startGateway('report')],
    sealed: [await startGateway('enforce', sealed), await startGateway('enforce', sealed)],
  };
  const chromium: Browser = await startChromium();
  stack.defer(() => chromium.close());

  let visits = 0;
  const resources = stack.move();
  return {
    product,
    running,
    publicOrigin,
    client,
    app,
    front,
    back,
    take(route) {
      front.leadTo(route === 'straight' ? [origin] : gateways[route].map(({ url }) => url));
      front.record();
      back.record();
    },
    async newVisit() {
      const user = USERS[visits++];
      if (user === undefined) throw new Error('there are more scenarios than users');
      const context = await chromium.newContext();
      context.setDefaultTimeout(15_000);
      const page = await context.newPage();
      const pkce = newPkcePair();
      const verifiers = new Map<string, string>();
      const go =
        (mostPages?: number) =>
        ({ page: tab = page, password = user.password, consents = true }: HowToGo = {}) =>
          travel(tab, {
            screens: product.screens,
            visitor: { username: user.username, password, consents },
            redirectUri,
            lastPost: () => app.callbacks.findLast(({ method }) => method === 'POST')?.form,
            ...(mostPages !== undefined && { mostPages }),
          });
      return {
        context,
        page,
        user,
        pkce,
        verifiers,
        authorizationUrl(parameters = {}, { challenge, verifier } = pkce) {
          const usual: Record<string, string | undefined> = {
            response_type: 'code',
            client_id: client.id,
            redirect_uri: redirectUri,
            state: `${crypto.randomUUID()}${stateCharacters(product)}`,
            code_challenge: challenge,
            code_challenge_method: 'S256',
            // New each time, as clients draw it: a server may refuse a nonce that it has seen.
            ...(isOpenId(product) && { nonce: newNonce() }),
            ...product.authorizationParameters,
            ...parameters,
          };
          if (usual['state'] !== undefined) verifiers.set(usual['state'], verifier);
          const sent = Object.entries(usual).filter(
            (entry): entry is [string, string] => entry[1] !== undefined,
          );
          return `${publicOrigin}${running.paths.authorization}?${new URLSearchParams(sent)}`;
        },
        travel: go(),
        step: go(1),
        [Symbol.asyncDispose]: () => context.close(),
      };
    },
    async post(path, parameters) {
      const response = await request(`${front.url}${path}`, {
        method: 'POST',
        headers: {
          host: new URL(publicOrigin).host,
          authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
        },
        body: new URLSearchParams(parameters).toString(),
      });
      const text = await response.body.text();
      return { status: response.statusCode, body: parseJson(text) };
    },
    async get(path) {
      const response = await request(`${front.url}${path}`, {
        headers: { host: new URL(publicOrigin).host },
      });
      return { status: response.statusCode, body: parseJson(await response.body.text()) };
    },
    async metrics(route) {
      const texts = await Promise.all(
        gateways[route].map(async ({ adminUrl }) => (await request(`${adminUrl}/metrics`)).body.text()),
      );
      return new MetricSamples(texts.join('\n'));
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Characters of a state that servers often re-encode. */
export function stateCharacters({ stateCharacters = ' ~+/=&%' }: Product): string {
  return stateCharacters;
}

function isOpenId({ authorizationParameters: { scope = '' } }: Product): boolean {
  return scope.split(' ').includes('openid');
}

function endpointsOf({ paths }: RunningProduct): Readonly<Record<string, readonly string[]>> {
  return {
    authorization: [paths.authorization],
    token: [paths.token],
    ...(paths.metadata !== undefined && { metadata: [paths.metadata] }),
    ...(paths.pushedAuthorization !== undefined && { pushed_authorization: [paths.pushedAuthorization] }),
  };
}

function gatewayConfig(
  { policy = {} }: Product,
  running: RunningProduct,
  upstream: string,
  mode: 'enforce' | 'report',
  client: ProductClient,
): object {
  return {
    listen: { address: '127.0.0.1:0' },
    admin: { address: '127.0.0.1:0' },
    issuers: [
      {
        name: 'product',
        endpoints: running.endpoints ?? endpointsOf(running),
        upstream: { url: upstream },
        // As in README: ready clients are enforced, all others are in report.
        defaults: { mode },
        unlisted_clients: { mode: 'report' },
        clients: { [client.id]: { redirect_uris: [client.redirectUri], ...policy } },
      },
    ],
  };
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text);
  } catch {
    return { notJson: text.slice(0, 500) };
  }
}
