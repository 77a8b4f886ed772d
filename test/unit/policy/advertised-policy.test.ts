import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { Issuer } from '../../../src/issuer/issuer.ts';
import { UpstreamKnowledge } from '../../../src/issuer/upstream-knowledge.ts';
import type { AdvertisedPolicy } from '../../../src/oauth/metadata.ts';
import { FOLLOWED_RESPONSE_MODES } from '../../../src/oauth/response-mode.ts';
import { buildAdvertisedPolicy } from '../../../src/policy/advertised-policy.ts';
import type { Events } from '../../../src/telemetry/events.ts';
import { finish } from '../../support/finish.ts';

const UNLISTED_REJECTED = 'unlisted_clients: {mode: reject}';

async function advertised(...lines: string[]): Promise<AdvertisedPolicy> {
  const { clients, config } = await issuerWith(...lines);
  return finish(buildAdvertisedPolicy(clients.all(), config.metadata));
}

async function issuerWith(...lines: string[]): Promise<Issuer> {
  const yaml = [
    'issuers:',
    '  - name: corp',
    '    upstream: {url: "http://idp"}',
    ...lines.map((line) => `    ${line}`),
  ];
  const result = await parseConfig(yaml.join('\n'), 'test.yaml', { env: {} });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const [issuer] = result.config.issuers;
  if (issuer === undefined) throw new Error('no issuer');
  return finish(Issuer.build(issuer, {} as Events, new UpstreamKnowledge()));
}

test('by default: S256, code, every supported mode, no request objects', async () => {
  expect(await advertised()).toEqual({
    codeChallengeMethods: ['S256'],
    narrowed: {
      responseTypes: new Set(['code']),
      responseModes: new Set(FOLLOWED_RESPONSE_MODES),
      requestObjects: false,
    },
    publicClients: false,
  });
});

test('everything that any client may use, S256 first', async () => {
  const policy = await advertised(
    UNLISTED_REJECTED,
    'clients:',
    '  a: {mode: report, methods: [plain], response_types: [id_token code], response_modes: [query]}',
    '  b: {methods: [S256], request_objects: allow, response_modes: [form_post], inject_secret: s}',
  );
  expect(policy).toEqual({
    codeChallengeMethods: ['S256', 'plain'],
    narrowed: {
      responseTypes: new Set(['code', 'code id_token']),
      responseModes: new Set(['query', 'form_post']),
      requestObjects: true,
    },
    publicClients: true,
  });
});

test('PKCE is advertised if gateway or server verifies it', async () => {
  const off = await advertised(
    'defaults: {mode: off}',
    'unlisted_clients: {mode: off}',
    'clients: {a: {mode: off}}',
  );
  expect(off.codeChallengeMethods).toBeUndefined();
  const some = await advertised('unlisted_clients: {mode: off}', 'clients: {a: {mode: report}}');
  expect(some.codeChallengeMethods).toEqual(['S256']);
  expect((await advertised('metadata: {advertise_pkce: false}')).codeChallengeMethods).toBeUndefined();
});

test('nothing is narrowed unless every client is enforced', async () => {
  const some = await issuerWith('clients: {a: {}, b: {mode: report}}');
  expect(some.advertised(0)).toMatchObject({ codeChallengeMethods: ['S256'], narrowed: undefined });
  const all = await issuerWith('clients: {a: {}, b: {}}');
  expect(all.advertised(0).narrowed?.responseTypes).toEqual(new Set(['code']));
});
