import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FORM_POST_CSP } from '../../src/oauth/form-post-page.ts';
import { startChromium } from '../support/chromium.ts';
import { type ClientApp, startClientApp } from '../support/client-app.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { newPkcePair } from '../support/pkce-pair.ts';
import { postTokenRequest } from '../support/token-request.ts';
import type { Quirks } from '../support/upstreams/scripted/quirks.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';

// The pages that the gateway makes, in a real browser.

let chromium: Browser;
beforeAll(async () => {
  chromium = await startChromium();
});
afterAll(() => chromium?.close());

let stack: AsyncDisposableStack;
let app: ClientApp;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  app = stack.use(await startClientApp());
});
afterEach(() => stack.disposeAsync());
