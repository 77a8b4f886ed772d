import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import type { ClientPolicy } from '../../../src/policy/client-policy.ts';
import { configOf, issuerWith, policyOf, problemLines, warningLines } from './problem-lines.ts';

async function policyFor(clientId: string | undefined, ...lines: string[]): Promise<ClientPolicy> {
  const config = configOf(await parseConfig(issuerWith(...lines), 'g.yaml', { env: {} }));
  return policyOf(config, clientId);
}

const BUILT_IN: Omit<ClientPolicy, 'name'> = {
  description: undefined,
  owner: undefined,
  mode: 'enforce',
  enforceFrom: undefined,
  enforcePercent: 100,
  methods: ['S256'],
  redirectUris: undefined,
  responseTypes: ['code'],
  responseModes: undefined,
  grantTypes: undefined,
  requestObjects: 'reject',
  flowTtl: 3_600_000,
  codeTtl: 60_000,
  maxAttempts: 5,
  wrapCodes: 'auto',
  state: 'prefix',
  onStoreFailure: 'reject',
  cors: { origins: [] },
  injectSecret: undefined,
};

describe('a client that needs a store with records', () => {
  const store = `store: {kind: sealed, sealed: {keys: ["${'k'.repeat(43)}"]}}`;
  const warnings = async (...lines: string[]) => {
    const all = await warningLines(`${issuerWith(...lines)}\n${store}`);
    return all.filter((line) => line.includes('the sealed store'));
  };
  const URIS = 'redirect_uris: ["https://a.example.com/cb"]';

  it.each([
    ['state: preserve', 'state', '`preserve`'],
    ['wrap_codes: false', 'wrap_codes', '`false`'],
    ['request_objects: allow', 'request_objects', 'a state in a signed request object'],
    ['response_types: [code, code id_token]', 'response_types[1]', 'a type with an id_token'],
    ['response_modes: [query, jwt]', 'response_modes[1]', 'a signed response'],
  ])('is reported at %s', async (setting, path, what) => {
    const said = await warnings('clients:', `  spa: {${URIS}, ${setting}}`);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(
      `issuers[0].clients.spa.${path}: ${what} needs \`store.kind: redis\` or \`memory\`: the sealed store cannot follow it, so these logins are refused`,
    );
    expect(await warnings('clients:', `  spa: {mode: report, ${URIS}, ${setting}}`)).toMatchObject([
      expect.stringContaining('these logins pass unseen'),
    ]);
    expect(await warnings('clients:', `  spa: {mode: off, ${URIS}, ${setting}}`)).toEqual([]);
  });

  it('is reported once in `defaults`', async () => {
    expect(await warnings('defaults: {wrap_codes: false}', 'clients: {a: {}, b: {}}')).toHaveLength(1);
  });
});

describe('a missing client setting', () => {
  it('has the built-in value, for unlisted clients too', async () => {
    expect(await policyFor('spa', 'clients: {spa: }')).toEqual({
      name: 'spa',
      ...BUILT_IN,
      entry: {},
      inherited: {},
    });
    expect(await policyFor('other')).toEqual({
      name: '_unlisted',
      ...BUILT_IN,
      entry: {},
      inherited: {},
    });
  });

  it('comes from `defaults`, each key as a whole', async () => {
    const lines = [
      'defaults:',
      '  mode: report',
      '  owner: team',
      '  methods: [S256, plain]',
      '  redirect_uris: ["https://a.example.com/cb"]',
      '  cors: {origins: ["https://b.example.com"]}',
      'unlisted_clients: {mode: off}',
      'clients: {spa: {methods: [plain], redirect_uris: ["https://c.example.com/cb"], flow_ttl: 2h}}',
    ];
    const inherited = {
      ...BUILT_IN,
      mode: 'report',
      owner: 'team',
      cors: { origins: ['https://b.example.com'] },
    };
    expect(await policyFor('spa', ...lines)).toEqual({
      ...inherited,
      name: 'spa',
      methods: ['plain'],
      redirectUris: ['https://c.example.com/cb'],
      flowTtl: 7_200_000,
      entry: {
        methods: ['plain'],
        redirectUris: ['https://c.example.com/cb'],
        flowTtl: 7_200_000,
      },
      inherited: {
        mode: 'report',
        owner: 'team',
        methods: ['S256', 'plain'],
        redirectUris: ['https://a.example.com/cb'],
        cors: { origins: ['https://b.example.com'] },
      },
    });
    expect(await policyFor(undefined, ...lines)).toEqual({
      ...inherited,
      entry: { mode: 'off' },
      inherited: expect.anything(),
      name: '_unlisted',
      mode: 'off',
      methods: ['S256', 'plain'],
      redirectUris: ['https://a.example.com/cb'],
    });
  });

  it('is, for cors, the origins of the https redirect URIs', async () => {
    const policy = await policyFor(
      'spa',
      'clients:',
      '  spa:',
      '    redirect_uris:',
      '      - https://App.example.com:443/a',
      '      - https://app.example.com/b',
      '      - https://app.example.com:8443/c',
      '      - http://127.0.0.1/cb',
      '      - com.example.app:/cb',
    );
    expect(policy.cors.origins).toEqual(['https://app.example.com', 'https://app.example.com:8443']);
  });

  it('comes from the exact entry, then from the longest prefix', async () => {
    const lines = [
      'clients: {"batch-*": {owner: a}, "batch-eu-*": {owner: b}, batch-eu-1: {owner: c}, 007: {owner: d}}',
    ];
    const owners = ['batch-x', 'batch-eu-2', 'batch-eu-1', '007', '7'].map(
      async (id) => (await policyFor(id, ...lines)).owner,
    );
    expect(await Promise.all(owners)).toEqual(['a', 'b', 'c', 'd', undefined]);
  });
});

describe('enforce_from', () => {
  const MOMENT = 'enforce_from: 2027-01-15T01:00:00+01:00';

  it('is a time', async () => {
    expect((await policyFor('spa', `clients: {spa: {${MOMENT}}}`)).enforceFrom).toBe(Date.UTC(2027, 0, 15));
  });

  it.each([
    ['spa: {mode: enforce}', Date.UTC(2027, 0, 15)],
    ['spa: {}', Date.UTC(2027, 0, 15)],
    ['spa: {mode: report}', undefined],
    ['spa: {mode: off}', undefined],
  ])('in defaults, for %s', async (client, expected) => {
    const lines = [`defaults: {${MOMENT}}`, `clients: {${client}}`];
    expect((await policyFor('spa', ...lines)).enforceFrom).toBe(expected);
  });

  it.each([
    [`clients: {spa: {mode: report, ${MOMENT}}}`, '5:49', 'clients.spa', 'report'],
    [`clients: {spa: {mode: off, ${MOMENT}}}`, '5:46', 'clients.spa', 'off'],
    [`unlisted_clients: {mode: reject, ${MOMENT}}`, '5:52', 'unlisted_clients', 'reject'],
    [`clients: {spa: {${MOMENT}}}`, '5:35', 'clients.spa', 'report (from defaults)'],
  ])('%s is a problem with another mode', async (line, position, path, mode) => {
    expect(await problemLines(issuerWith('defaults: {mode: report}', line))).toEqual([
      `g.yaml:${position} issuers[0].${path}.enforce_from: needs \`mode: enforce\`, but the mode is ${mode}; with \`mode: enforce\`, violations are reported until this moment, and refused from then on`,
    ]);
  });

  it('is no second problem if the mode is invalid', async () => {
    expect(
      await problemLines(issuerWith('defaults: {mode: report}', `clients: {spa: {mode: x, ${MOMENT}}}`)),
    ).toEqual(['g.yaml:5:27 issuers[0].clients.spa.mode: must be one of enforce, report, off']);
  });
});

describe('enforce_percent', () => {
  it.each([
    ['spa: {mode: enforce}', 25],
    ['spa: {enforce_percent: 0}', 0],
    ['spa: {mode: report}', 100],
    ['spa: {mode: off}', 100],
  ])('in defaults, for %s', async (client, expected) => {
    const lines = ['defaults: {enforce_percent: 25}', `clients: {${client}}`];
    expect((await policyFor('spa', ...lines)).enforcePercent).toBe(expected);
  });

  it('applies to unlisted clients too', async () => {
    expect((await policyFor(undefined, 'unlisted_clients: {enforce_percent: 5}')).enforcePercent).toBe(5);
  });

  it.each(['101', '-1', '2.5', 'half'])('%s is invalid', async (value) => {
    const [line, ...others] = await problemLines(issuerWith(`clients: {spa: {enforce_percent: ${value}}}`));
    expect(line).toMatch(/^g\.yaml:4:\d+ issuers\[0\]\.clients\.spa\.enforce_percent: must be /);
    expect(others).toEqual([]);
  });

  it.each([
    ['clients: {spa: {mode: report, enforce_percent: 25}}', 'clients.spa', 'report'],
    ['unlisted_clients: {mode: reject, enforce_percent: 25}', 'unlisted_clients', 'reject'],
  ])('%s is a problem', async (line, path, mode) => {
    const [problem] = await problemLines(issuerWith(line));
    expect(problem).toContain(
      `issuers[0].${path}.enforce_percent: needs \`mode: enforce\`, but the mode is ${mode}; with \`mode: enforce\`, this share of the logins is enforced, and the rest is reported`,
    );
  });

  it.each([
    [0, []],
    [
      25,
      [
        expect.stringContaining(
          'issuers[0].clients.spa.enforce_percent: `state: preserve` with `enforce_percent`',
        ),
      ],
    ],
    [100, []],
  ])('with a preserved state, at %i, causes a warning', async (percent, expected) => {
    const spa = `{state: preserve, redirect_uris: ["https://spa.example.com/"], enforce_percent: ${percent}}`;
    expect(await warningLines(issuerWith(`clients: {spa: ${spa}}`))).toEqual(expected);
  });
});

describe('state: preserve for many clients', () => {
  const PRESERVED = '{state: preserve, redirect_uris: ["https://spa.example.com/"]}';
  const message = '`state: preserve` for many clients: a code whose response does not name its client';

  it.each([
    [`clients: {"app-*": ${PRESERVED}}`, 'clients.app-*.state'],
    [`unlisted_clients: ${PRESERVED}`, 'unlisted_clients.state'],
    [`defaults: ${PRESERVED}\n    clients: {"app-*": {}}`, 'clients.app-*'],
  ])('causes a warning: %s', async (text, path) => {
    expect(await warningLines(issuerWith(text))).toContainEqual(
      expect.stringContaining(`issuers[0].${path}: ${message}`),
    );
  });

  it.each([
    `clients: {app: ${PRESERVED}}`,
    `clients: {"app-*": {mode: off, state: preserve, redirect_uris: ["https://a.example.com/"]}}`,
  ])('not: %s', async (text) => {
    expect((await warningLines(issuerWith(text))).filter((line) => line.includes(message))).toEqual([]);
  });
});

describe('state: preserve in defaults', () => {
  it('needs redirect_uris in each entry that inherits it', async () => {
    const text = issuerWith(
      'defaults: {state: preserve}',
      'clients:',
      '  a: {}',
      '  b: {redirect_uris: ["https://b.example.com/"]}',
      '  c: {state: prefix}',
      '  d: {mode: off}',
    );
    const message =
      'has `state: preserve` from defaults, which needs `redirect_uris`: add them, or set `state: prefix`';
    expect(await problemLines(text)).toEqual([
      `g.yaml:2:5 issuers[0].unlisted_clients: ${message}`,
      `g.yaml:6:7 issuers[0].clients.a: ${message}`,
    ]);
  });

  it('can have them from defaults', async () => {
    const text = issuerWith(
      'defaults: {state: preserve, redirect_uris: ["https://b.example.com/"]}',
      'clients: {a: {}}',
    );
    expect(await problemLines(text)).toEqual([]);
  });
});

it('warns of what is allowed but leaves codes open', async () => {
  const text = issuerWith(
    'clients:',
    '  a: {redirect_uris: ["http://app.example.com/", "http://localhost/", "http://127.9.9.9/", "http://[::1]/", "app:/cb"]}',
    '  b: {response_types: [token id_token, id_token code]}',
  );
  expect(await warningLines(text)).toEqual([
    'g.yaml:5:27 issuers[0].clients.a.redirect_uris[0]: plain http: others can read codes on the network',
    'g.yaml:6:7 issuers[0].clients.b: is enforced without `redirect_uris`: a login under a different client_id can deliver a code to it without PKCE',
    'g.yaml:6:28 issuers[0].clients.b.response_types[0]: has no code, so PKCE cannot protect it',
  ]);
  expect(
    (await policyFor('b', 'clients: {b: {response_types: [token id_token, id_token code]}}')).responseTypes,
  ).toEqual(['id_token token', 'code id_token']);
});

it('warns of a misspelt grant type, which would refuse every request with the right one', async () => {
  const types =
    '[authorization-code, Refresh_Token, password, urn:ietf:params:oauth:grant-type:jwt-bearer, otp]';
  const noType = 'no grant type of OAuth has this name (did you mean';
  expect(await warningLines(issuerWith(`clients: {a: {mode: report, grant_types: ${types}}}`))).toEqual([
    `g.yaml:4:47 issuers[0].clients.a.grant_types[0]: ${noType} authorization_code?)`,
    `g.yaml:4:67 issuers[0].clients.a.grant_types[1]: ${noType} refresh_token?)`,
  ]);
});

it('names further enforced clients without redirect_uris in one warning', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const warned = async (count: number) => {
    const clients = ids.slice(0, count).map((id) => `${id}: {}`);
    const [line, ...others] = await warningLines(issuerWith(`clients: {${clients.join(', ')}}`));
    expect(others).toEqual([]);
    return line;
  };
  expect(await warned(2)).toContain('clients.a: is enforced without `redirect_uris`, like b: ');
  expect(await warned(5)).toContain('clients.a: is enforced without `redirect_uris`, like b, c and 2 more: ');
});

describe('client ids that some servers read as one', () => {
  it('are a warning', async () => {
    expect(
      await warningLines(issuerWith('defaults: {mode: report}', 'clients: {spa: {}, other: {}, "SPA ": {}}')),
    ).toEqual([
      'g.yaml:5:35 issuers[0].clients["SPA "]: some servers treat this client_id as "spa": the stricter of the two modes holds for both',
    ]);
  });
});

it('reads `forward_pkce: auto` of version one as `always`, with a warning', async () => {
  const text = issuerWith('forward_pkce: auto');
  expect(await warningLines(text)).toEqual([
    'g.yaml:4:19 issuers[0].forward_pkce: `auto` is `always` now: leave the key out',
  ]);
  expect(configOf(await parseConfig(text, 'g.yaml', { env: {} })).issuers[0]?.forwardPkce).toBe('always');
});
