import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { CoreStage } from '../core/core-stage.ts';
import { startChromium } from '../support/chromium.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { Stage } from './stage.ts';

const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };
const HOSTILE = '"><img src=x onerror=alert(1)>{{request_id}}';

let directory: string;
let browser: Browser;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-error-page-'));
  browser = await startChromium();
});
afterAll(async () => {
  await browser.close();
  await rm(directory, { recursive: true });
});

const openWithOwner = (owner: string, issuer = '') =>
  Stage.open({ issuer: `${issuer}\nclients: {spa: {owner: '${owner}'}}` });

describe('the page of a refused user', () => {
  test.each([
    { width: 1280, height: 800, colorScheme: 'light' },
    { width: 1280, height: 800, colorScheme: 'dark' },
    { width: 390, height: 844, colorScheme: 'light' },
    { width: 390, height: 844, colorScheme: 'dark' },
  ] as const)('$width, $colorScheme: nothing overflows, and axe finds nothing', async (view) => {
    await using stage = await openWithOwner('web-team@example.com');
    const { width, height, colorScheme } = view;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, bypassCSP: true });
    const page = await context.newPage();
    const response = await page.goto(stage.client.authorizeUrl(WITHOUT_PKCE).href);
    expect(response?.status()).toBe(400);
    const text = await page.locator('main').innerText();
    expect(text).toContain(response?.headers()['x-request-id']);
    expect(text).toContain('challenge_missing');
    const owner = page.getByRole('link', { name: 'web-team@example.com' });
    expect(await owner.getAttribute('href')).toBe('mailto:web-team@example.com');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
    expect(violations.map(({ id }) => id)).toEqual([]);
    await context.close();
  });

  test.each([
    ['https://help.example.com/sso?a=1', '<a href="https://help.example.com/sso?a=1" rel="noreferrer">'],
    ['javascript:alert(1)', '<dd>javascript:alert(1)</dd>'],
    [HOSTILE, '&#34;&#62;&#60;img src=x onerror=alert(1)&#62;{{request_id}}</dd>'],
  ])('an owner %s', async (owner, html) => {
    await using stage = await openWithOwner(owner);
    expect((await stage.authorize(WITHOUT_PKCE)).text).toContain(html);
  });

  test('for API clients: JSON', async () => {
    await using stage = await openWithOwner('web-team@example.com');
    const { json, status } = await stage.send(stage.client.authorizeUrl(WITHOUT_PKCE), {
      headers: { accept: 'application/json' },
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: 'invalid_request', reason: 'challenge_missing' });
  });
});

describe('in a frame', () => {
  const WITHHELD = {
    'Content-Type': 'text/html',
    Location: 'https://app.example.com/cb?code=a-code-of-nobody',
  };

  test.each<[framing: Record<string, string>, policy: RegExp, options: string | undefined]>([
    [{}, /^(?!.*frame-ancestors)/, undefined],
    [
      { 'Content-Security-Policy': "default-src *; frame-ancestors 'self'", 'X-Frame-Options': 'SAMEORIGIN' },
      /^default-src 'none';.*, frame-ancestors 'self'$/,
      'SAMEORIGIN',
    ],
  ])('the page may be shown where the page that it replaces may be: %j', async (framing, policy, options) => {
    await using stage = await CoreStage.open();
    stage.respond = (_received, response) => void response.writeHead(302, { ...WITHHELD, ...framing }).end();
    const { status, headers } = await stage.send('/login/done');
    expect(status).toBe(400);
    expect(headers['content-security-policy']).toMatch(policy);
    expect(headers['x-frame-options']).toBe(options);
  });

  test('nowhere if it replaces none', async () => {
    await using stage = await openWithOwner('a');
    const { headers } = await stage.authorize(WITHOUT_PKCE);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none';.*, frame-ancestors 'none'$/);
  });
});

describe("the operator's own page", () => {
  const TEMPLATE = '<title>{{title}}</title><p id="{{ request_id }}">{{reason}} {{status}} <b>{{owner}}</b>';
  const withPage = async (template: string) => {
    const file = join(directory, 'page.html');
    await writeFile(file, template);
    return `pages: {error_file: ${file}}`;
  };

  test('has escaped values for its placeholders, and no script can run in it', async () => {
    await using stage = await openWithOwner(HOSTILE, await withPage(TEMPLATE));
    const { text, headers, status } = await stage.authorize(WITHOUT_PKCE);
    expect(status).toBe(400);
    expect(text).toBe(
      `<title>This sign-in was stopped</title><p id="${headers['x-request-id']}">challenge_missing 400 <b>&#34;&#62;&#60;img src=x onerror=alert(1)&#62;{{request_id}}</b>`,
    );
    expect(headers['content-security-policy']).toMatch(/^default-src 'none';(?!.*script-src)/);
    await stage.upstream.stop();
    const fault = await stage.authorize();
    expect([fault.status, fault.text.includes('Sign-in is not available right now')]).toEqual([502, true]);
  });

  test('is reloaded with the configuration', async () => {
    await using stage = await openWithOwner('a', await withPage(TEMPLATE));
    const settings = await withPage('other {{request_id}}');
    const result = await parseConfig(
      `listen: {address: "localhost:0"}\nadmin: {address: 127.0.0.1:0}\nissuers: [{name: corp, upstream: {url: "${stage.upstream.url}"}, ${settings}}]`,
      'g.yaml',
      { env: {} },
    );
    if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
    expect(await stage.gateway.reload(result.config)).toBe(true);
    const { text } = await new SimpleClient(stage.gateway.url).authorize(WITHOUT_PKCE);
    expect(text).toMatch(/^other [\w-]{16,}$/);
  });

  test.each([
    ['{{request_id}} {{code}}', /page\.html has \{\{code\}\}: a page can have \{\{title\}\}, /],
    ['nothing', /page\.html has no \{\{request_id\}\}/],
    ['x'.repeat(1024 * 1024 + 1), /is larger than 1 MiB/],
  ])('with mistakes is a problem: %.30s', async (template, problem) => {
    const yaml = `issuers:\n  - name: corp\n    upstream: {url: "http://127.0.0.1:9"}\n    ${await withPage(template)}\n`;
    const result = await parseConfig(yaml, 'g.yaml', { env: {} });
    expect(result.ok).toBe(false);
    const lines = result.ok ? [] : result.problems.map(formatProblem);
    expect(lines).toEqual([expect.stringMatching(/^g\.yaml:4:25 issuers\[0\]\.pages\.error_file: /)]);
    expect(lines[0]).toMatch(problem);
  });
});
