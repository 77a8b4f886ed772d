import { expect, test } from 'vitest';
import { startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { send } from '../support/simple-client.ts';
import { startCannedServer } from '../support/upstreams/canned-server.ts';

const APP = 'https://app.example.com';
const EVIL = 'https://evil.example.com';

test.each([
  ['any origin', { 'access-control-allow-origin': '*' }, '*', undefined],
  [
    'another origin with credentials',
    { 'access-control-allow-origin': EVIL, 'access-control-allow-credentials': 'true' },
    APP,
    undefined,
  ],
  [
    'this origin with credentials',
    { 'access-control-allow-origin': APP, 'access-control-allow-credentials': 'true' },
    APP,
    'true',
  ],
])('an upstream that allows %s', async (_, headers, origin, credentials) => {
  await using upstream = await startCannedServer();
  const document = {
    issuer: upstream.url,
    authorization_endpoint: `${upstream.url}/authorize`,
    token_endpoint: `${upstream.url}/token`,
    jwks_uri: `${upstream.url}/jwks`,
  };
  upstream.answers.set('/.well-known/openid-configuration', { body: document, headers });
  upstream.answers.set('/jwks', { body: { keys: [] }, headers: { ...headers, vary: 'Accept-Encoding' } });
  await using gateway = await startGatewayUnderTest({
    upstream: upstream.url,
    issuer: `clients: {spa: {redirect_uris: [${APP}/cb]}}`,
  });
  const varies = { '/.well-known/openid-configuration': 'Origin', '/jwks': 'Accept-Encoding, Origin' };
  for (const [path, vary] of Object.entries(varies)) {
    const ours = await send(gateway.url + path, { headers: { origin: APP } });
    expect(ours.headers['access-control-allow-origin']).toBe(origin);
    expect(ours.headers['access-control-allow-credentials']).toBe(credentials);
    expect(ours.headers['vary']).toBe(vary);
    const other = await send(gateway.url + path, { headers: { origin: EVIL } });
    expect(other.headers).toMatchObject({ ...headers, vary });
  }
});
