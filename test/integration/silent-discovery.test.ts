import { createServer, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { listen } from '../support/listener.ts';
import { SimpleClient } from '../support/simple-client.ts';
import { startProxyTo } from './proxy-stage.ts';

/** An upstream that answers authorization requests, but sends no metadata until it is told to. */
async function startSilentUpstream() {
  const asked: ServerResponse[] = [];
  const queries: URLSearchParams[] = [];
  const server = await listen(
    createServer((request, response) => {
      if (request.url?.startsWith('/.well-known/')) {
        asked.push(response);
        return;
      }
      queries.push(new URL(request.url ?? '', 'http://upstream.invalid').searchParams);
      response.end();
    }),
  );
  const speak = () => {
    const document = {
      issuer: server.url,
      authorization_endpoint: `${server.url}/oauth2/authorize`,
      token_endpoint: `${server.url}/oauth2/token`,
      code_challenge_methods_supported: ['S256'],
    };
    for (const response of asked.splice(0)) response.end(JSON.stringify(document));
  };
  return { ...server, speak, queries };
}

test('an upstream without a metadata response does not delay the start, and is used when it answers', async () => {
  await using upstream = await startSilentUpstream();
  await using gateway = await startProxyTo(upstream, {
    upstream: 'timeouts: {response: 1h}',
    issuer: 'unlisted_clients: {mode: enforce}',
  });
  const client = new SimpleClient(gateway.url);
  await client.authorize();
  expect(upstream.queries.at(-1)?.get('code_challenge')).toBe(client.pair.challenge);
  upstream.speak();
  await expect
    .poll(() => gateway.logLines)
    .toContainEqual(expect.objectContaining({ event: 'discovered', pushed_authorization: [] }));
});
