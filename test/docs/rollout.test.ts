import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { Browser, LoginStuck } from '../support/browser.ts';
import { type ClientApp, startClientApp } from '../support/client-app.ts';
import { freePort } from '../support/free-port.ts';
import { logInWithOauth4webapi } from '../support/logins/oauth4webapi-login.ts';
import { startRedis } from '../support/redis-server.ts';
import { redeemAsThief } from '../support/token-request.ts';
import { startOidcProvider } from '../support/upstreams/oidc-provider.ts';
import type { TestClient } from '../support/upstreams/test-client.ts';
import { readFencedBlocks } from './fenced-blocks.ts';
import { PageRun } from './page-run.ts';

const DAY = 86_400_000;

type App = { readonly client: TestClient; readonly app: ClientApp };

// The story of docs/rollout.md, with a real authorization server without PKCE, a real Redis, and real logins.

test('docs/rollout.md: from `init` to `enforce`, with a client that breaks, is fixed and becomes ready', async () => {
  const page = await readFile(new URL('../../docs/rollout.md', import.meta.url), 'utf8');
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-rollout-'));
  stack.defer(() => rm(directory, { recursive: true }));
  const redis = stack.use(await startRedis({ port: true }));
  // Each has its own redirect_uri: at that of an enforced client, another one gets no code.
  const startApp = async (clientId: string): Promise<App> => {
    const app = stack.use(await startClientApp());
    return { app, client: { clientId, authMethod: 'none', redirectUris: [app.redirectUri] } };
  };
  const portal = await startApp('portal');
  const shop = await startApp('shop');
  const stranger = await startApp('stranger');
  const [port, adminPort] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
  const issuer = `http://127.0.0.1:${port}`;
  const upstream = stack.use(
    await startOidcProvider({ clients: [portal, shop, stranger].map(({ client }) => client), issuer }),
  );
  const run = stack.use(
    new PageRun(directory, {
      'https://idp.example.com': upstream.url,
      'redis://redis.example.com:6379/0': redis.url,
      '127.0.0.1:8080': `127.0.0.1:${port}`,
      '127.0.0.1:9090': `127.0.0.1:${adminPort}`,
      'https://portal.example.com/cb': portal.app.redirectUri,
      'https://shop.example.com/cb': shop.app.redirectUri,
    }),
  );

  const logIn = async (app: App, pkce: 'S256' | 'none') => {
    const { tokens, response } = await logInWithOauth4webapi({ issuer, ...app, pkce });
    expect(tokens.access_token).toBeTypeOf('string');
    return response;
  };
  const expectPage = async (app: App, says: readonly string[]) => {
    const refused = logInWithOauth4webapi({
      issuer,
      ...app,
      pkce: 'none',
      browser: stack.use(new Browser()),
    });
    const error = await refused.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof LoginStuck)) throw new Error('a login went on', { cause: error });
    expect(error.page.status).toBe(400);
    for (const text of says) expect(error.page.text).toContain(text);
  };
  /** The gateway's data about a client, possibly from its cached reading. */
  const readClient = async (name: string) => {
    const response = await fetch(`http://127.0.0.1:${adminPort}/api/clients`);
    const { clients } = (await response.json()) as { clients: { client: string; codes_redeemed: number }[] };
    return clients.find(({ client }) => client === name);
  };
  const expectRedeemed = (name: string, codes: number) =>
    vi.waitFor(async () => expect((await readClient(name))?.codes_redeemed).toBe(codes), 10_000);
  /** Moves all counts this many days into the past. */
  const daysPass = async (days: number) => {
    await reload();
    // A reading adds the counts to the store.
    await readClient('portal');
    const dayText = (time: number) => new Date(time).toISOString().slice(0, 10);
    const keys = await redis.dumpKeys('pkce-gateway:stats:*:20*');
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys.toSorted()) {
      const day = key.slice(-10);
      await redis.call('RENAME', key, key.replace(day, dayText(Date.parse(day) - days * DAY)));
    }
    await reload();
  };
  /** After it, no earlier reading is used. */
  const reload = async () => {
    run.gateway?.signal('SIGHUP');
    await meanwhile['the-file-is-taken-over']?.();
  };
  const loaded = () => run.gateway?.stderr.filter((line) => line.includes('"config_loaded"')).length ?? 0;
  let seen = 1;

  /** The users' actions between the commands. */
  const meanwhile: Readonly<Record<string, () => Promise<unknown>>> = {
    'portal-logs-in': () => logIn(portal, 'S256'),
    'shop-logs-in-without-pkce': () => logIn(shop, 'none'),
    'shop-logs-in-with-pkce': () => logIn(shop, 'S256'),
    async 'shop-logs-in-ten-times-with-pkce'() {
      const before = await readClient('shop');
      for (let i = 0; i < 10; i += 1) await logIn(shop, 'S256');
      await expectRedeemed('shop', (before?.codes_redeemed ?? 0) + 10);
    },
    async 'a-week-passes-with-logins-of-the-portal'() {
      await expectRedeemed('portal', 1);
      await daysPass(6);
      for (let i = 0; i < 19; i += 1) await logIn(portal, 'S256');
      await expectRedeemed('portal', 20);
    },
    'a-day-passes': () => daysPass(1),
    'six-days-pass': () => daysPass(6),
    async 'the-file-is-taken-over'() {
      await vi.waitFor(() => expect(loaded()).toBeGreaterThan(seen), 10_000);
      seen = loaded();
    },
    async 'a-thief-gets-nothing-of-the-portal'() {
      const tokenEndpoint = `${issuer}/token`;
      await logInWithOauth4webapi({
        issuer,
        ...portal,
        async beforeRedemption({ url }) {
          const theft = { tokenEndpoint, redirectUrl: url, client: portal.client };
          const stolen = await redeemAsThief(theft);
          expect(stolen).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
          // The code is worthless at the server too.
          const around = await redeemAsThief({ ...theft, tokenEndpoint: `${upstream.url}/token` });
          expect(around).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
        },
      });
    },
    'shop-is-refused-with-a-page': () =>
      expectPage(shop, ['code_challenge is missing', 'shop-team@example.com', 'Request id']),
    'nobody-logs-in-without-pkce': () => expectPage(stranger, ['code_challenge is missing']),
  };

  const blocks = readFencedBlocks(page);
  expect(blocks.filter(({ language }) => language === 'test').length).toBeGreaterThan(10);
  for (const block of blocks) {
    if (block.language !== 'test') await run.do(block);
    else await meanwhile[block.words[0] ?? '']?.();
  }
  const unknown = blocks.filter(
    ({ language, words }) => language === 'test' && meanwhile[words[0] ?? ''] === undefined,
  );
  expect(unknown).toEqual([]);
  expect(await run.gateway?.stop()).toBe(0);
}, 120_000);
