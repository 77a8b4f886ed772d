import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type Discovered,
  DiscoveryFault,
  findMetadata,
  METADATA_PATHS,
} from '../../src/upstream/discovery.ts';
import { createUpstreamClient } from '../../src/upstream/upstream-client.ts';
import { UpstreamFault } from '../../src/upstream/upstream-fault.ts';
import { type CannedServer, startCannedServer } from '../support/upstreams/canned-server.ts';

const OPENID = '/.well-known/openid-configuration';
const ENDPOINTS = { authorization_endpoint: 'https://as/a', token_endpoint: 'https://as/t' };

let upstream: CannedServer;
beforeEach(async () => {
  upstream = await startCannedServer();
});
afterEach(() => upstream.stop());

async function ask(configured: readonly string[] = []): Promise<Discovered> {
  await using client = createUpstreamClient({
    origin: upstream.url,
    preserveHost: true,
    origins: [],
    tls: undefined,
    timeouts: { connect: 500, response: 500 },
    connections: 1,
  });
  const { discovered } = await findMetadata(client, 'login.example.com', [...configured, ...METADATA_PATHS]);
  return discovered;
}

test('reads what the gateway needs', async () => {
  const document = {
    ...ENDPOINTS,
    issuer: 'https://as.example.com/tenant/',
    pushed_authorization_request_endpoint: 'https://as/p',
    jwks_uri: 'https://as/k',
    userinfo_endpoint: 'https://as/u',
    revocation_endpoint: 'https://as/r',
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    token_endpoint_auth_methods_supported: ['client_secret_post', 1],
  };
  upstream.answers.set(OPENID, { body: document });
  expect(await ask()).toEqual({
    endpoints: {
      authorization: ['/a'],
      token: ['/t'],
      pushedAuthorization: ['/p'],
      metadata: [
        OPENID,
        '/.well-known/oauth-authorization-server',
        `/tenant${OPENID}`,
        `${OPENID}/tenant`,
        '/.well-known/oauth-authorization-server/tenant',
        '/tenant/.well-known/oauth-authorization-server',
      ],
    },
    unjudged: { jwks: '/k', userinfo: '/u', revocation: '/r' },
    challengeMethods: ['S256'],
    issuer: 'https://as.example.com/tenant/',
    advertisesIss: true,
    statesCodeHash: false,
    tokenAuthMethods: ['client_secret_post'],
    revocationAuthMethods: ['client_secret_post'],
  });
  expect(upstream.requests.all.map(({ headers }) => headers.host)).toEqual(['login.example.com']);
});

test('a configured path is tried first, a pattern is not', async () => {
  upstream.answers.set(`/one${OPENID}`, { body: { ...ENDPOINTS, issuer: 'https://as/one' } });
  expect(await ask([`/{realm}${OPENID}`, `/one${OPENID}`])).toMatchObject({ issuer: 'https://as/one' });
  expect(upstream.requests.all.map(({ path }) => path)).toEqual([`/one${OPENID}`]);
});

test.each([
  ['nothing', { status: 404 }],
  ['a page', { body: '<!doctype html>' }],
  ['no endpoints', { body: { issuer: 'https://as' } }],
  ['more than it could need', { body: { ...ENDPOINTS, filler: 'x'.repeat(300_000) } }],
])('an upstream that answers %s', async (_, answer) => {
  upstream.answers.set(OPENID, answer);
  await expect(ask()).rejects.toBeInstanceOf(DiscoveryFault);
});

test('an unreachable upstream is a fault', async () => {
  await upstream.stop();
  await expect(ask()).rejects.toBeInstanceOf(UpstreamFault);
});
