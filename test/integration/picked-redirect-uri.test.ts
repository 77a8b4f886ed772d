import { describe, expect, test } from 'vitest';
import { SimpleClient } from '../support/simple-client.ts';
import { startProxyTo, startUpstream } from './proxy-stage.ts';

/** RFC 6749 3.1.2.3: a request without a redirect_uri goes to the one that the client has registered. */
describe.each(['https://app.example.com/cb?tenant=a', 'https://app.example.com'])(
  '%s, picked by the server',
  (uri) => {
    const open = async () => {
      const upstream = await startUpstream(({ url = '' }, response) => {
        const state = new URL(url, 'http://upstream').searchParams.get('state');
        const separator = uri.includes('?') ? '&' : '?';
        if (state === null) response.end('{}');
        else response.writeHead(302, { location: `${uri}${separator}code=the-code&state=${state}` }).end();
      });
      const gateway = await startProxyTo(upstream, { issuer: `clients: {spa: {redirect_uris: ["${uri}"]}}` });
      const client = new SimpleClient(gateway.url);
      return {
        client,
        async [Symbol.asyncDispose]() {
          await gateway[Symbol.asyncDispose]();
          await upstream[Symbol.asyncDispose]();
        },
      };
    };

    test('is that of the token request', async () => {
      await using stage = await open();
      const code = await stage.client.newCode({ redirect_uri: undefined });
      const redeem = (redirectUri: string) => stage.client.redeem(code, { redirect_uri: redirectUri });
      expect((await redeem('https://app.example.com/other')).status).toBe(400);
      expect((await redeem(uri)).status).toBe(200);
    });

    test('is where the page of a form_post goes', async () => {
      await using stage = await open();
      const fields = { redirect_uri: undefined, response_mode: 'form_post' };
      const { status, text } = await stage.client.authorize(fields);
      expect(status).toBe(200);
      expect(text).toContain(`action="${uri}"`);
      expect(text).not.toContain('name="tenant"');
    });
  },
);
