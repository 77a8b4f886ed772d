/** Makes the pictures in docs/images: `npm run screenshots`. Check them by eye. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { openStores } from '../src/open-stores.ts';
import { redisConfig } from '../test/contract/store/adapters.ts';
import { startChromium } from '../test/support/chromium.ts';
import { startGatewayUnderTest } from '../test/support/gateway-under-test.ts';
import { startRedis } from '../test/support/redis-server.ts';
import { fillActivity, SAMPLE_DAYS } from '../test/support/sample-activity.ts';
import { SimpleClient } from '../test/support/simple-client.ts';
import { startScriptedLegacyServer } from '../test/support/upstreams/scripted-legacy-server.ts';
import { setStage } from './demo/stage.ts';

const FOLDER = fileURLToPath(new URL('../docs/images/', import.meta.url));
const ISSUER = 'corp';

/** Each client with its configuration entry and the index of its sample behaviour. */
const CLIENTS = [
  ['customer-portal', '{mode: report, owner: web-team@example.com}', 0],
  ['legacy-crm', '{mode: report, owner: sales-it@example.com}', 1],
  ['partner-shop', '{mode: report, owner: partners@example.com}', 2],
  [
    'mobile-app',
    '{mode: enforce, owner: mobile@example.com, redirect_uris: ["https://app.example.com/cb"]}',
    0,
  ],
  ['agent-*', '{mode: enforce, owner: ai-platform@example.com, redirect_uris: ["http://127.0.0.1/cb"]}', 5],
  ['intranet', '{mode: enforce, enforce_from: 2030-01-15T00:00:00Z, owner: hr-it@example.com}', 0],
  ['batch-import', '{mode: off}', 4],
  ['kiosk', '{mode: enforce, owner: stores@example.com, redirect_uris: ["https://kiosk.example.com/cb"]}', 3],
] as const;

await using stack = new AsyncDisposableStack();
const redis = stack.use(await startRedis({ port: true }));
const upstream = stack.use(await startScriptedLegacyServer());
const gateway = stack.use(
  await startGatewayUnderTest({
    upstream: upstream.url,
    top: `store: {kind: redis, redis: {url: "${redis.url}"}}`,
    issuer: [
      'unlisted_clients: {mode: report}',
      'clients:',
      ...CLIENTS.map(([name, entry]) => `  ${name}: ${entry}`),
    ].join('\n'),
  }),
);
const stores = openStores({ kind: 'redis', redis: redisConfig(redis) });
stack.use(stores.flows);
const samples = CLIENTS.map(([name, , day]) => ({ name, day: SAMPLE_DAYS[day] ?? (() => ({})) }));
await fillActivity(stores.activity, ISSUER, samples, Date.now());
const intruder = new SimpleClient(gateway.url, 'mobile-app', 'https://elsewhere.example.net/cb');
await intruder.authorize();
await intruder.authorize({ code_challenge: undefined, code_challenge_method: undefined });

const browser = await startChromium();
stack.defer(() => browser.close());
await mkdir(FOLDER, { recursive: true });
await photograph('status-page', '/', { width: 1280, height: 800 });
await photograph('status-page-phone', '/', { width: 390, height: 844 });
await photograph(
  'client-page',
  `/client?issuer=${ISSUER}&client=mobile-app`,
  { width: 1280, height: 800 },
  async (page) => {
    // The gateway writes refusals to the store in the background.
    const refusals = page.locator('.refusals li');
    while ((await refusals.count()) < 2) await page.reload();
  },
);

await photographDemo();

/** Both journeys of the demo, each with a thief watching. */
async function photographDemo(): Promise<void> {
  await using stage = await setStage();
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.goto(`${stage.site.url}/`);
  for (const way of ['without', 'through']) {
    await page.getByRole('link', { name: new RegExp(`^Log in ${way} the gateway, with`) }).click();
    while (new URL(page.url()).origin !== stage.site.url) {
      await Promise.all([page.waitForNavigation(), page.locator('button').first().click()]);
    }
  }
  await page.screenshot({ path: `${FOLDER}demo.png`, fullPage: true });
  await page.close();
}

async function photograph(
  name: string,
  path: string,
  viewport: { readonly width: number; readonly height: number },
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<void> {
  const page = await browser.newPage({ viewport });
  await page.goto(gateway.adminUrl + path);
  await prepare(page);
  await page.screenshot({ path: `${FOLDER}${name}.png`, fullPage: viewport.width > 1000 });
  await page.close();
}
