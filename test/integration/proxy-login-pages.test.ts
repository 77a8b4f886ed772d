import { describe, expect, test } from 'vitest';
import { SimpleClient } from '../support/simple-client.ts';
import { startProxyTo, startUpstream } from './proxy-stage.ts';

/** Pages for a second factor that contain the parameters of the login. */
const CODE_FIELDS: Readonly<Record<string, string>> = {
  'an empty field': '<input name="code" autocomplete="one-time-code">',
  'a field with an empty value': '<input name="code" value="">',
  'a field that is filled in': '<input name="code" value="123456">',
  'an error too': '<input name="code"><input type="hidden" name="error" value="wrong_code">',
};
const ACTIONS: Readonly<Record<string, (own: string) => string>> = {
  'to a path': () => '/mfa',
  'to the page itself': () => '',
  'to its own address': (own) => `${own}/mfa`,
};

describe.each(['enforce', 'report'])('in %s, a page of the server itself passes unchanged', (mode) => {
  describe.each(Object.entries(CODE_FIELDS))('with %s for a code from an authenticator', (_, field) => {
    test.each(Object.entries(ACTIONS))('%s', async (__, actionAt) => {
      let page = '';
      await using upstream = await startUpstream((req, res) => {
        const state = new URL(req.url ?? '', 'http://a').searchParams.get('state');
        const hidden = `<input type="hidden" name="state" value="${state}">`;
        page = `<html><form method="post" action="${actionAt(upstream.url)}">${hidden}${field}</form></html>`;
        res.writeHead(200, { 'content-type': 'text/html' }).end(page);
      });
      await using gateway = await startProxyTo(upstream, { issuer: `unlisted_clients: {mode: ${mode}}` });
      const answer = await new SimpleClient(gateway.url).authorize();
      expect(answer.status).toBe(200);
      expect(answer.text).toBe(page);
      expect(gateway.logLines.filter(({ level }) => level === 'warn')).toEqual([]);
      expect((await gateway.metrics()).value('codes_bound_total')).toBe(0);
    });
  });
});
