import type { IncomingMessage, RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { SimpleClient } from '../support/simple-client.ts';
import { startProxyTo, startUpstream } from './proxy-stage.ts';
import { arrivalOf } from './travel/journey.ts';

/** RFC 6749 3.1.2.3: a request without a redirect_uri uses the registered one. */
describe.each(['https://app.example.com/cb?tenant=a', 'https://app.example.com'])(
  '%s, picked by the server',
  (uri) => {
    const byRedirect: RequestListener = (request, response) => {
      const separator = uri.includes('?') ? '&' : '?';
      const location = `${uri}${separator}code=the-code&state=${stateOf(request)}`;
      response.writeHead(302, { location }).end();
    };
    const byFormPost: RequestListener = (request, response) => {
      const fields = `<input name="code" value="the-code"><input name="state" value="${stateOf(request)}">`;
      response.setHeader('content-type', 'text/html');
      response.end(
        `<form method="post" action="${uri}">${fields}</form><script>document.forms[0].submit()</script>`,
      );
    };

    test.each([
      ['query', byRedirect],
      ['form_post', byFormPost],
    ])('must be that of the token request: %s', async (response_mode, respond) => {
      await using upstream = await startUpstream((request, response) => {
        if (stateOf(request) === null) response.end('{}');
        else respond(request, response);
      });
      await using gateway = await startProxyTo(upstream, {
        issuer: `clients: {spa: {redirect_uris: ["${uri}"]}}`,
      });
      const client = new SimpleClient(gateway.url);
      const arrival = arrivalOf(await client.authorize({ redirect_uri: undefined, response_mode }));
      expect(arrival.values.state).toBe('the-state');
      const redeem = (redirectUri: string) =>
        client.redeem(arrival.values.code, { redirect_uri: redirectUri });
      expect((await redeem('https://app.example.com/other')).status).toBe(400);
      expect((await redeem(uri)).status).toBe(200);
    });
  },
);

const stateOf = ({ url = '' }: IncomingMessage) => new URL(url, 'http://upstream').searchParams.get('state');
