import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openStores, type Stores } from '../../src/open-stores.ts';
import { redisConfig } from '../contract/store/adapters.ts';
import { startChromium } from '../support/chromium.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { startRedis } from '../support/redis-server.ts';
import { fillActivity, SAMPLE_DAYS, type SampleClient } from '../support/sample-activity.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';

const MANY = 3_000;
const HOSTILE = '"><img src=x onerror=alert(1)>';
const MODES = ['report', 'report', 'enforce', 'off'] as const;

const stack = new AsyncDisposableStack();
let browser: Browser;
let stores: Stores;
/** Three clients, one of them unlisted with a hostile name. */
let few: GatewayUnderTest;
let many: GatewayUnderTest;
let open: AsyncDisposableStack;

beforeAll(async () => {
  browser = await startChromium();
  stack.defer(() => browser.close());
  const redis = stack.use(await startRedis({ port: true }));
  const upstream = stack.use(await startScriptedLegacyServer());
  const start = async (issuers: string) =>
    stack.use(
      await startGatewayUnderTest({
        upstream: upstream.url,
        issuers,
        top: redis.store,
      }),
    );
  const issuer = (name: string, clients: readonly string[]) =>
    [
      `  - name: ${name}`,
      `    upstream: {url: "${upstream.url}"}`,
      '    unlisted_clients: {mode: report}',
      '    clients:',
      ...clients,
    ].join('\n');
  few = await start(
    issuer('few', [
      '      spa-portal: {mode: report, owner: "<b>web</b>@example.com"}',
      '      legacy: {mode: report}',
      '      mobile-*: {mode: enforce}',
    ]),
  );
  const names = Array.from({ length: MANY }, (_, i) => `client-${String(i).padStart(4, '0')}`);
  many = await start(
    issuer(
      'many',
      names.map(
        (name, i) => `      ${name}: {mode: ${MODES[i % MODES.length]}, owner: team-${i % 40}@example.com}`,
      ),
    ),
  );
  stores = openStores({ kind: 'redis', redis: redisConfig(redis) });
  stack.use(stores.flows);
  const sample = (name: string, day: number): SampleClient => ({
    name,
    day: SAMPLE_DAYS[day % SAMPLE_DAYS.length] ?? (() => ({})),
  });
  await fillActivity(
    stores.activity,
    'few',
    [
      sample('spa-portal', 0),
      sample('legacy', 1),
      sample('mobile-*', 1),
      { ...sample(HOSTILE, 1), unlisted: true },
    ],
    Date.now(),
  );
  await fillActivity(stores.activity, 'many', names.map(sample), Date.now());
}, 60_000);
afterAll(() => stack.disposeAsync());
afterEach(() => open.disposeAsync());

type View = {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly script?: boolean;
};

/** The page in a browser; any browser error fails the test. */
async function openPage(gateway: GatewayUnderTest, query = '', view: View = {}): Promise<Page> {
  const { width = 1280, height = 800, dark = false, script = true } = view;
  const context: BrowserContext = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: script,
  });
  open = new AsyncDisposableStack();
  const complaints: string[] = [];
  open.defer(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  const page = await context.newPage();
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(gateway.adminUrl)) complaints.push(request.url());
  });
  await page.goto(`${gateway.adminUrl}/${query}`);
  return page;
}

const rowNames = (page: Page) => page.locator('tbody .name').allTextContents();

describe('looks right', () => {
  test.each<[string, View]>([
    ['on a desk, light', {}],
    ['on a desk, dark', { dark: true }],
    ['on a phone, light', { width: 390, height: 844 }],
    ['on a phone, dark', { width: 390, height: 844, dark: true }],
  ])('%s: nothing overflows, and axe finds nothing', async (_, view) => {
    const page = await openPage(few, '', view);
    await page.locator('tbody summary').first().click();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual(
      [],
    );
  });

  test('with 3,000 clients: a hundred per page', async () => {
    const page = await openPage(many, '', { width: 390, height: 844 });
    expect(await page.locator('tbody tr').count()).toBe(100);
    expect(await page.locator('#count').textContent()).toBe('3,000 clients, 100 of them on page 1 of 30');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});

test('untrusted and configured texts are shown as text', async () => {
  const page = await openPage(few);
  expect(await rowNames(page)).toContain(HOSTILE);
  expect(await page.textContent('main')).toContain('<b>web</b>@example.com');
  expect(await page.locator('img[src=x], b:text("web")').count()).toBe(0);
  await page.goto(
    `${few.adminUrl}/?search=${encodeURIComponent(HOSTILE)}&sort=%22%3E&mode=%3Cb%3E&page=-1&order=%00`,
  );
  expect(await page.locator('input[name=search]').inputValue()).toBe(HOSTILE);
  expect(await rowNames(page)).toEqual([HOSTILE]);
});

describe('without JavaScript', () => {
  test('it filters, sorts and pages', async () => {
    const page = await openPage(many, '', { script: false });
    expect(await page.locator('#pause').isVisible()).toBe(false);
    await page.locator('select[name=mode]').selectOption('enforce');
    await page.locator('select[name=verdict]').selectOption('ready');
    await page.locator('input[name=search]').fill('TEAM-2@');
    await page.getByRole('button', { name: 'Apply' }).click();
    const shown = await page.locator('tbody tr').count();
    expect(shown).toBeGreaterThan(5);
    expect(new Set(await page.locator('tbody .mode-enforce').allTextContents())).toEqual(
      new Set(['enforce']),
    );
    expect(await page.locator('tbody .verdict-ready').count()).toBe(shown);
    await page.getByRole('link', { name: 'Client', exact: true }).click();
    const names = await rowNames(page);
    expect(names).toEqual(names.toSorted());
    expect(await page.locator('th[aria-sort]').getAttribute('aria-sort')).toBe('ascending');
    await page.getByRole('link', { name: 'Client', exact: true }).click();
    expect(await rowNames(page)).toEqual(names.toReversed());
    await page.getByRole('link', { name: 'Reset' }).click();
    await page.getByRole('link', { name: 'Next →' }).click();
    expect(await page.locator('#count').textContent()).toContain('page 2 of 30');
  });

  test('the tiles link to the clients that they count', async () => {
    const page = await openPage(many, '', { script: false });
    const tile = page.getByRole('link', { name: /ready to enforce/ });
    const [count = ''] = /^[\d,]+/.exec((await tile.textContent()) ?? '') ?? [];
    await tile.click();
    expect(await page.locator('#count').textContent()).toContain(`${count} clients that match`);
  });
});

test('by keyboard alone: to the clients, the reason of a verdict, and sorting', async () => {
  const page = await openPage(few);
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  while ((await page.evaluate('document.activeElement.name')) !== 'search') await page.keyboard.press('Tab');
  await page.keyboard.type('legacy');
  await page.keyboard.press('Enter');
  await page.waitForURL(/search=legacy/);
  expect(await rowNames(page)).toEqual(['legacy']);
  while (!(await page.evaluate("document.activeElement === document.querySelector('tbody summary')"))) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Space');
  expect(await page.locator('.why').isVisible()).toBe(true);
  expect(await page.locator('.why').textContent()).toContain('enable PKCE with S256');
});

test('it refreshes itself: input, unfolded parts and scroll position stay', async () => {
  const page = await openPage(few, '', { height: 500 });
  await page.clock.install();
  await page.reload();
  const row = page.locator('tr', { has: page.locator('.name', { hasText: 'legacy' }) });
  await row.locator('summary').click();
  await page.locator('input[name=search]').fill('not sent yet');
  await page.evaluate('scrollTo(0, 300)');
  const [scrolled, before] = [await page.evaluate('scrollY'), await row.locator('td').nth(3).textContent()];
  const fine = new SimpleClient(few.url, 'spa-portal');
  await fine.redeem(await fine.newCode());
  await new SimpleClient(few.url, 'legacy').authorize({
    code_challenge: undefined,
    code_challenge_method: undefined,
  });
  const count = Number(before?.replace(',', '')) + 1;
  await expect
    .poll(
      async () => {
        await page.clock.runFor(10_000);
        return row.locator('td').nth(3).textContent();
      },
      { timeout: 15_000 },
    )
    .toBe(count.toLocaleString('en-US'));
  expect(await row.locator('details').getAttribute('open')).not.toBeNull();
  expect(await page.locator('input[name=search]').inputValue()).toBe('not sent yet');
  expect(await page.evaluate('document.activeElement.name')).toBe('search');
  expect(await page.evaluate('scrollY')).toBe(scrolled);
});

test('headers prevent framing, sniffing and changes', async () => {
  open = new AsyncDisposableStack();
  for (const path of ['/', '/status.css', '/status.js', '/api/clients', '/metrics', '/nothing']) {
    const { headers } = await fetch(few.adminUrl + path);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe|https?:|\*|data:/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect((await fetch(few.adminUrl + path, { method: 'POST' })).status).toBe(405);
  }
  const page = await (await fetch(few.adminUrl)).text();
  expect(page).not.toMatch(/<style|style="|<script>|\son\w+="|https?:\/\/(?!127\.0\.0\.1|www\.w3\.org)/);
});

test('a website cannot read it through its own name (DNS rebinding)', async () => {
  open = new AsyncDisposableStack();
  for (const path of ['/', '/api/clients', '/metrics', '/healthz']) {
    const { statusCode, body } = await request(few.adminUrl + path, { headers: { host: 'rebound.example' } });
    expect([statusCode, await body.text()]).toEqual([421, expect.stringContaining('admin.hosts')]);
    const own = await request(few.adminUrl + path, { headers: { host: 'localhost:9090' } });
    expect(own.statusCode).toBe(200);
    await own.body.dump();
  }
});

test('a client in trouble comes first, in red', async () => {
  const page = await openPage(few);
  expect((await rowNames(page))[0]).toBe('mobile-*');
  expect(await page.locator('tbody tr').first().getAttribute('class')).toBe('is-bad');
  expect(await page.locator('.tile.bad').textContent()).toMatch(/^\s*1 enforced, in trouble/);
});

test('on a phone, 100 of 3,000 clients take no more than seven screens', async () => {
  const page = await openPage(many, '', { width: 390, height: 844 });
  expect(await page.evaluate('document.documentElement.scrollHeight / innerHeight')).toBeLessThan(9);
  expect(await page.locator('tbody .wide').first().isVisible()).toBe(false);
});

test('clients in off are shown, without numbers', async () => {
  const page = await openPage(many, '?mode=off', { script: false });
  const row = page.locator('tbody tr').first();
  expect(await row.locator('td').allTextContents()).toEqual(
    expect.arrayContaining(['off', 'not judged', '–']),
  );
  expect(await page.locator('.tile', { hasText: 'off' }).textContent()).toMatch(/750\s+off/);
});

describe('the page of one client', () => {
  test('shows its policy, the targets of its codes, and its last violations, also found by request id', async () => {
    const page = await openPage(few, '', { script: false });
    const stranger = new SimpleClient(few.url, 'spa-portal', 'https://other.example.com/cb');
    await stranger.redeem(await stranger.newCode());
    const refused = await new SimpleClient(few.url, 'mobile-1').authorize({
      code_challenge: 'short',
      code_challenge_method: 'S256',
    });
    expect(refused.status).toBe(400);
    const id = String(refused.headers['x-request-id']);
    await page.getByRole('link', { name: 'spa-portal' }).click();
    await expect
      .poll(
        async () => {
          await page.reload();
          return page.locator('.places').textContent();
        },
        { timeout: 10_000 },
      )
      .toMatch(/https:\/\/other\.example\.com\/cb\s+seen/);
    expect(await page.locator('.policy').textContent()).toMatch(/mode\s*report\s*clients\.spa-portal/);
    expect(await page.textContent('main')).toContain(
      'any value is allowed: redirect_uris, response_modes, grant_types.',
    );
    expect(await page.locator('h2').first().textContent()).toBe('spa-portal');
    await page.getByRole('link', { name: '← All clients' }).click();
    await page.locator('input[name=id]').fill(id);
    await page.getByRole('button', { name: 'Find' }).click();
    expect(await page.locator('.refusals').textContent()).toMatch(
      /refused\s+challenge_malformed at the authorization/,
    );
    await page.getByRole('link', { name: 'mobile-*' }).click();
    expect(await page.locator('.refusals').textContent()).toContain(id);
  });

  test.each([
    ['desk, light', {}],
    ['phone, dark', { width: 390, height: 844, dark: true }],
  ])('%s: nothing overflows, and axe finds nothing', async (_, view) => {
    const page = await openPage(few, 'client?issuer=few&client=spa-portal', view);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual(
      [],
    );
  });

  test('a loopback redirect URI is listed with any port', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startGatewayUnderTest({
      upstream: upstream.url,
      issuer: 'clients: {tool: {mode: enforce, redirect_uris: ["http://127.0.0.1:8400/cb"]}}',
    });
    const tool = new SimpleClient(gateway.url, 'tool', 'http://127.0.0.1:51000/cb');
    await tool.redeem(await tool.newCode());
    const places = async () => {
      const page = await fetch(`${gateway.adminUrl}/client?issuer=corp&client=tool`);
      const [, list = ''] = /<ul class="places">(.*?)<\/ul>/s.exec(await page.text()) ?? [];
      return list.replaceAll(/<[^>]*>/g, '');
    };
    await expect.poll(places, { timeout: 10_000 }).toBe('http://127.0.0.1:8400/cb listed');
  });

  test('of an unknown client is a 404; an unknown id refers to the log', async () => {
    open = new AsyncDisposableStack();
    expect((await fetch(`${few.adminUrl}/client?issuer=few&client=nobody`)).status).toBe(404);
    const page = await (await fetch(`${few.adminUrl}/request?id=${encodeURIComponent(HOSTILE)}`)).text();
    expect(page).toContain('Search the log, which has all of them');
    expect(page).not.toContain(HOSTILE);
  });
});

test('with the store unreachable since the start: the configured clients, and dashes for unknown numbers', async () => {
  await using upstream = await startScriptedLegacyServer();
  await using gateway = await startGatewayUnderTest({
    upstream: upstream.url,
    issuer: 'clients: {portal: {mode: report}, done: {}, old: {mode: "off"}}',
    top: 'store: {kind: redis, redis: {url: "redis://127.0.0.1:1"}}',
  });
  const page = await openPage(gateway, '?sort=client&order=asc', { script: false });
  expect(await rowNames(page)).toEqual(['done', 'old', 'portal']);
  expect(await page.locator('tbody .chip').allTextContents()).toEqual(['enforce', 'off', 'report']);
  const cells = await page.locator('tbody .wide').allTextContents();
  expect(new Set(cells)).toEqual(new Set(['–']));
  const tiles = await page.locator('.tile b').allTextContents();
  expect(tiles).toEqual(['–', '–', '–', '–', '–', '1', '1']);
  expect(await page.locator('dd', { hasText: /^–$/ }).count()).toBe(1);
  await page.getByRole('link', { name: 'portal' }).click();
  expect(await page.textContent('main')).toContain('not known while the store is unreachable');
  await open.disposeAsync();
  open = new AsyncDisposableStack();
});

test('problems come first: an unreachable store, a rejected configuration', async () => {
  await using redis = await startRedis({ port: true });
  await using upstream = await startScriptedLegacyServer();
  await using gateway = await startGatewayUnderTest({
    upstream: upstream.url,
    issuer: 'clients: {spa: {}}',
    top: redis.store,
  });
  await using nobody = new AsyncDisposableStack();
  open = nobody;
  const alerts = async () => {
    const text = await (await fetch(gateway.adminUrl)).text();
    return [...text.matchAll(/<p class="alert">(.*?)<\/p>/g)].map(([, alert]) =>
      alert?.replace(/<.*?>/g, ''),
    );
  };
  expect(await alerts()).toEqual([]);
  gateway.rejectReload(['gateway.yaml:3:5 issuers: <script>']);
  await redis.stop();
  await expect
    .poll(alerts, { timeout: 10_000 })
    .toEqual([
      expect.stringMatching(/^The store is unreachable: Redis .*The counts below were read/),
      expect.stringContaining('The last configuration was rejected.'),
    ]);
  const page = await (await fetch(gateway.adminUrl)).text();
  expect(page).toContain('gateway.yaml:3:5 issuers: &#60;script&#62;');
});

test('each tile counts the rows that it links to, including that of all other clients', async () => {
  await using upstream = await startScriptedLegacyServer({ authorizationError: 'access_denied' });
  await using gateway = await startGatewayUnderTest({
    upstream: upstream.url,
    issuer: 'unlisted_clients: {mode: report}\nclients: {idle: {mode: report}, done: {}}',
  });
  await new SimpleClient(gateway.url, 'stranger').authorize({ code_challenge: undefined });
  const page = await openPage(gateway, '', { script: false });
  expect(await rowNames(page)).toContain('All other clients');
  const tiles = await page
    .locator('.tile a')
    .evaluateAll((links) =>
      links.map((link) => [link.getAttribute('href'), Number(link.firstChild?.textContent)]),
    );
  expect(tiles).toHaveLength(7);
  for (const [href, count] of tiles) {
    await page.goto(`${gateway.adminUrl}/${href}`);
    expect([href, await page.locator('tbody tr').count()]).toEqual([href, count]);
  }
  await expect(page.locator('footer').textContent()).resolves.toContain('Ready probe');
});
