import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { formatProblem } from '../../../src/config/problem.ts';
import { clientWith, issuerWith, problemLines } from './problem-lines.ts';

const SPA = 'issuers[0].clients.spa';

type Case = { name: string; text: string; lines: string[] };

/** One setting of a client, its value at line 6. */
function setting(line: string, column: number, message: string, index?: number): Case {
  const key = line.slice(0, line.indexOf(':'));
  const path = `${SPA}.${key}${index === undefined ? '' : `[${index}]`}`;
  return { name: line, text: clientWith(line), lines: [`g.yaml:6:${column} ${path}: ${message}`] };
}

/** One key of the issuer, at line 4. */
function issuerKey(line: string, column: number, path: string, message: string): Case {
  return { name: line, text: issuerWith(line), lines: [`g.yaml:4:${column} issuers[0].${path}: ${message}`] };
}

const KEYS = ['k'.repeat(43), 'l'.repeat(43)];
const UNSHARED =
  'more than 1 needs `store.kind: redis` or `sealed`: with a store in memory, each process would know only its own logins';

/** A key of the top level, in line 1. */
function topLevel(line: string, column: number, path: string, message: string): Case {
  return { name: line, text: `${line}\n${issuerWith()}`, lines: [`g.yaml:1:${column} ${path}: ${message}`] };
}

describe('keys', () => {
  const cases: Case[] = [
    topLevel('lissten: {}', 1, 'lissten', 'unknown key (did you mean listen?)'),
    topLevel('listen: {adress: x}', 10, 'listen.adress', 'unknown key (did you mean address?)'),
    topLevel('zzz: 1', 1, 'zzz', 'unknown key'),
    setting('redirectUris: []', 9, 'unknown key (did you mean redirect_uris?)'),
    issuerKey(
      'endpoints: {authorisation: [/a], token: [/t], authorization: [/a]}',
      17,
      'endpoints.authorisation',
      'unknown key (did you mean authorization?)',
    ),
    issuerKey(
      'endpoints: {authorisation: [/a], token: [/t]}',
      17,
      'endpoints.authorisation',
      'unknown key (did you mean authorization?)',
    ),
    { name: 'no issuers', text: 'log: {}\n', lines: ['g.yaml:1:1 issuers: is required'] },
    {
      name: 'an empty list of issuers',
      text: 'issuers: []\n',
      lines: ['g.yaml:1:10 issuers: must not be empty'],
    },
    {
      name: 'an issuer with nothing',
      text: 'issuers:\n  - {}\n',
      lines: ['g.yaml:2:5 issuers[0].name: is required', 'g.yaml:2:5 issuers[0].upstream: is required'],
    },
    issuerKey(
      'drop_parameters: [resource, State]',
      33,
      'drop_parameters[1]',
      'State cannot be dropped: policies or flows use it',
    ),
    topLevel(
      'listen: {request_id_header: Content-Type}',
      29,
      'listen.request_id_header',
      'Content-Type already has a meaning: choose a different header',
    ),
    topLevel(
      'store: {kind: sealed}',
      1,
      'store.sealed.keys',
      'is required for `kind: sealed`; `pkce-gateway keygen` makes a key',
    ),
    topLevel(
      'store: {kind: sealed, sealed: {keys: [short]}}',
      39,
      'store.sealed.keys[0]',
      'must be 32 bytes in base64url (43 characters): `pkce-gateway keygen` makes a key',
    ),
    topLevel(
      `store: {kind: sealed, sealed: {keys: [${KEYS[0]}, ${KEYS[1]}, ${KEYS[0]}]}}`,
      129,
      'store.sealed.keys[2]',
      'is the same key as number 1: leave one out',
    ),
    issuerKey(
      'endpoints: {authorize: [/a], token: [/t]}',
      17,
      'endpoints.authorize',
      'unknown key (did you mean authorization?)',
    ),
    issuerKey('endpoints: {token: [/t]}', 5, 'endpoints.authorization', 'is required'),
    issuerKey('clients: {"a.b": {x: 1}}', 23, 'clients["a.b"].x', 'unknown key'),
  ];
  it.each(cases)('$name', async ({ text, lines }) => {
    expect(await problemLines(text)).toEqual(lines);
  });

  it('reports a misspelt key only as misspelt, not also as missing', async () => {
    const text = clientWith('mode: enforce', 'redirect_uri: [https://app.example.com/cb]');
    const result = await parseConfig(text, 'g.yaml', { env: {} });
    const problems = result.ok ? [] : result.problems;
    expect([...problems, ...result.warnings].map(formatProblem)).toEqual([
      `g.yaml:7:9 ${SPA}.redirect_uri: unknown key (did you mean redirect_uris?)`,
    ]);
  });
});

describe('unsupported settings', () => {
  const cases: Case[] = [
    topLevel('workers: many', 10, 'workers', 'must be a number of processes, 1 to 256, or `auto`'),
    topLevel('workers: 0', 10, 'workers', 'must be a number of processes, 1 to 256, or `auto`'),
    topLevel('workers: 1.5', 10, 'workers', 'must be a number of processes, 1 to 256, or `auto`'),
    topLevel('workers: 257', 10, 'workers', 'must be a number of processes, 1 to 256, or `auto`'),
    topLevel('workers: 2', 10, 'workers', UNSHARED),
    topLevel('workers: auto', 10, 'workers', UNSHARED),
    topLevel(
      'include: clients.d/*.yaml',
      10,
      'include',
      'must be a list, not text: put it in brackets: [a, b]',
    ),
  ];
  it.each(cases)('$name', async ({ text, lines }) => {
    expect(await problemLines(text)).toEqual(lines);
  });
});

describe('values of the process', () => {
  const ADDRESS = 'must be host:port, such as 0.0.0.0:8080 or [::1]:8080';
  const DURATION = 'must be a duration such as 300ms, 30s, 10m or 2h';
  const cases: Case[] = [
    topLevel('listen: {address: 8080}', 19, 'listen.address', ADDRESS),
    topLevel('listen: {address: "::1:8080"}', 19, 'listen.address', ADDRESS),
    topLevel('listen: {address: ":8080"}', 19, 'listen.address', ADDRESS),
    topLevel('listen: {address: "a b:80"}', 19, 'listen.address', ADDRESS),
    topLevel('listen: {address: "localhost:65536"}', 19, 'listen.address', 'the port must be 0 to 65535'),
    topLevel(
      'listen: {trusted_proxies: [10.0.0.0/33]}',
      28,
      'listen.trusted_proxies[0]',
      'must be an IP address or a range such as 10.0.0.0/8',
    ),
    topLevel('listen: {limits: {header_timeout: 10}}', 35, 'listen.limits.header_timeout', DURATION),
    topLevel('listen: {limits: {header_timeout: 1.5s}}', 35, 'listen.limits.header_timeout', DURATION),
    topLevel(
      'listen: {limits: {header_timeout: 0s}}',
      35,
      'listen.limits.header_timeout',
      'must be at least 100ms',
    ),
    topLevel(
      'listen: {limits: {body: 64KB}}',
      25,
      'listen.limits.body',
      'must be a size such as 64KiB or 1MiB, or a number of bytes',
    ),
    topLevel('listen: {limits: {body: 1GiB}}', 25, 'listen.limits.body', 'must be at most 16MiB'),
    topLevel('listen: {limits: {connections: 0}}', 32, 'listen.limits.connections', 'must be at least 1'),
    topLevel(
      'listen: {limits: {connections: 1.5}}',
      32,
      'listen.limits.connections',
      'must be a whole number',
    ),
    topLevel(
      'admin: {address: 127.0.0.1:8080}',
      18,
      'admin.address',
      'must be different from listen.address',
    ),
    topLevel('shutdown: {drain: 2h}', 19, 'shutdown.drain', 'must be at most 1h'),
    topLevel(
      'log: {level: warning}',
      14,
      'log.level',
      'must be one of trace, debug, info, warn, error, silent',
    ),
    topLevel('log: {format: JSON}', 15, 'log.format', 'must be one of json, pretty (did you mean json?)'),
    topLevel('log: json', 6, 'log', 'must be a mapping, not text: write {format: json}'),
    topLevel('shutdown: 20s', 11, 'shutdown', 'must be a mapping, not text: write {drain: 20s}'),
    topLevel('log: nothing like it', 6, 'log', 'must be a mapping, not text'),
    topLevel('public_url: http://x', 1, 'public_url', 'unknown key: it belongs under issuers'),
    topLevel(
      'store: {kind: redis}',
      1,
      'store.redis.url',
      'is required for `kind: redis`, unless `cluster` or `sentinel` is given',
    ),
    topLevel(
      'store: {kind: redis, redis: {url: "http://x"}}',
      35,
      'store.redis.url',
      'must be redis://host:port/database, rediss://… or the path of a Unix socket',
    ),
    topLevel(
      'store: {kind: redis, redis: {url: "redis://h/db"}}',
      35,
      'store.redis.url',
      'its path must be the number of the database, such as /0',
    ),
    topLevel(
      'store: {kind: redis, redis: {url: "redis://h", tls: {}}}',
      53,
      'store.redis.tls',
      'needs a url that begins with rediss://',
    ),
    topLevel(
      'store: {kind: redis, redis: {url: "redis://u:p@h", username: v}}',
      35,
      'store.redis.url',
      'contains a user or password, and so do the keys: remove one of them',
    ),
  ];
  it.each(cases)('$name', async ({ text, lines }) => {
    expect(await problemLines(text)).toEqual(lines);
  });
});

describe('values of an issuer', () => {
  const upstreamUrl = (url: string, message: string): Case => ({
    name: url,
    text: `issuers:\n  - name: corp\n    upstream: {url: "${url}"}\n`,
    lines: [`g.yaml:3:21 issuers[0].upstream.url: ${message}`],
  });
  const cases: Case[] = [
    upstreamUrl('idp.example.com', 'must be an http or https URL, such as https://idp.example.com'),
    upstreamUrl('ftp://idp.example.com', 'must be an http or https URL, such as https://idp.example.com'),
    upstreamUrl(
      'https:\\\\\\\\idp.example.com',
      'must be an http or https URL, such as https://idp.example.com',
    ),
    upstreamUrl(
      'https://idp.example.com/auth',
      'must be an origin, without the path /auth: requests keep their path; `endpoints` lists the judged ones, or `discovery` says where they are',
    ),
    upstreamUrl('https://idp.example.com/?', 'must not have a query'),
    upstreamUrl('https://idp.example.com#x', 'must not have a fragment'),
    upstreamUrl('https://u:p@idp.example.com', 'must not contain a user name or password'),
    upstreamUrl('https://*.example.com', 'must be one origin, without a wildcard'),
    upstreamUrl('https://idp.example.com:0', 'the port must be 1 to 65535'),
    issuerKey(
      'public_url: https://login.example.com/x',
      17,
      'public_url',
      'must be an origin, without the path /x: requests keep their path; `endpoints` lists the judged ones, or `discovery` says where they are',
    ),
    issuerKey('hosts: ["*.example.com"]', 13, 'hosts[0]', 'a host has no wildcard: list each host'),
    issuerKey('hosts: ["https://a.example.com"]', 13, 'hosts[0]', 'must be a host, without scheme and path'),
    issuerKey('hosts: [a.example.com, A.example.com]', 28, 'hosts[1]', 'is listed twice'),
    issuerKey('hosts: []', 12, 'hosts', 'must not be empty'),
    issuerKey(
      'endpoints: none',
      16,
      'endpoints',
      'must be `auto`, or a mapping with `authorization` and `token`',
    ),
    issuerKey('clients: {"": {}}', 15, 'clients[""]', 'a client_id must not be empty'),
    issuerKey(
      'clients: {"*": {}}',
      15,
      'clients.*',
      'a policy for all other clients goes under `unlisted_clients`',
    ),
    issuerKey('clients: {"a*b": {}}', 15, 'clients.a*b', 'a `*` can only be the last character'),
    issuerKey(
      'clients: {_unlisted: {}}',
      15,
      'clients._unlisted',
      'this name is reserved for the clients that are not listed',
    ),
    issuerKey(
      'clients: {spa: report}',
      20,
      'clients.spa',
      'must be a mapping, not text: write {mode: report}',
    ),
    issuerKey(
      'clients: {spa: , mode: report}',
      28,
      'clients.mode',
      'must be a mapping, not text: it belongs to the entry above: indent it further',
    ),
    issuerKey(
      'mode: report',
      5,
      'mode',
      'unknown key: it belongs under defaults, unlisted_clients or clients',
    ),
    {
      name: 'a client beside clients',
      text: issuerWith('clients:\n    spa: {mode: report}'),
      lines: ['g.yaml:5:5 issuers[0].spa: unknown key: if it belongs to clients, indent it further'],
    },
    issuerKey(
      'clients: [spa]',
      14,
      'clients',
      'must be a mapping, not a list: write `NAME: {…}` for each, without a dash',
    ),
    issuerKey(
      'clients: {spa: "mode:report"}',
      20,
      'clients.spa',
      'must be a mapping, not text: put a space after `mode:`',
    ),
    topLevel('log_level: debug', 1, 'log_level', 'unknown key: write log: {level: …}'),
    issuerKey(
      'upstream-url: https://idp.example.com',
      5,
      'upstream-url',
      'unknown key: write upstream: {url: …}',
    ),
  ];
  it.each(cases)('$name', async ({ text, lines }) => {
    expect(await problemLines(text)).toEqual(lines);
  });
});

describe('endpoint paths', () => {
  it.each([
    ['token', 'must be a path that starts with /'],
    ['/a//b', 'must not contain //'],
    ['/a/../b', 'must not contain . or .. segments'],
    ['/a/./b', 'must not contain . or .. segments'],
    ['/a?x=1', 'must be a path without query and fragment'],
    ['/oauth/*', 'cannot contain the wildcard *: write {name} or {*} for any one segment'],
    ['/r-{realm}/t', '{name} or {*} must be one whole segment'],
    ['/r-{*}/t', '{name} or {*} must be one whole segment'],
    ['/{}/t', '{name} or {*} must be one whole segment'],
    ['/a b', 'has a character that a path cannot have (percent-encode it as %XX)'],
    ['/a;b', 'has a character that a path cannot have (percent-encode it as %XX)'],
    ['/a%2fb', 'has a character that a path cannot have (percent-encode it as %XX)'],
    ['/a%2Fb', 'must not contain %2F'],
    ['/%2E%2E/b', 'must not contain %2E'],
    ['/%41', 'must not contain %41'],
    ['/a%00', 'must not contain %00'],
  ])('%s', async (pattern, message) => {
    expect(await problemLines(issuerWith(`endpoints: {authorization: ["${pattern}"], token: [/t]}`))).toEqual(
      [`g.yaml:4:33 issuers[0].endpoints.authorization[0]: ${message}`],
    );
  });

  it.each(['/o/authorize/', '/realms/my%20realm/auth', '/realms/{realm}/auth', '/{*}/auth', '/@a:b'])(
    '%s is valid',
    async (pattern) => {
      expect(
        await problemLines(issuerWith(`endpoints: {authorization: ["${pattern}"], token: [/t]}`)),
      ).toEqual([]);
    },
  );

  it('of discovery documents have no placeholder, and need `endpoints: auto`', async () => {
    expect(await problemLines(issuerWith('discovery: ["/realms/{realm}"]'))).toEqual([
      'g.yaml:4:17 issuers[0].discovery[0]: must be a path without {name}',
    ]);
    const both = ['discovery: [/a]', 'endpoints: {authorization: [/b], token: [/t]}'];
    expect(await problemLines(issuerWith(...both))).toEqual([
      'g.yaml:4:16 issuers[0].discovery: is for `endpoints: auto`: name the documents under `endpoints.metadata`',
    ]);
  });

  it('may not serve two endpoints', async () => {
    const text = issuerWith(
      'endpoints:',
      '  authorization: ["/{a}/auth", /x/y]',
      '  token: ["/{b}/auth", "/x/{y}", /x/y/z]',
    );
    expect(await problemLines(text)).toEqual([
      'g.yaml:6:15 issuers[0].endpoints.token[0]: matches the same paths as /{a}/auth of authorization',
      'g.yaml:6:28 issuers[0].endpoints.token[1]: matches the same paths as /{a}/auth of authorization',
    ]);
  });
});

describe('values of a client', () => {
  const MOMENT =
    'must be a moment with its offset, such as 2027-01-15T00:00:00Z or 2027-01-15T09:00:00+01:00';
  const TYPE = 'must be made of the words code, id_token and token, or be none';
  const cases: Case[] = [
    setting('mode: Enforce', 15, 'must be one of enforce, report, off (did you mean enforce?)'),
    setting('mode:', 9, 'must be one of enforce, report, off'),
    setting('mode: reject', 15, 'only `unlisted_clients` can have the mode `reject`'),
    setting('owner: 12', 16, 'must be text, not a number: put it in quotes'),
    setting('owner: ""', 16, 'must not be empty'),
    setting('enforce_from: 2027-01-15', 23, MOMENT),
    setting('enforce_from: 2027-01-15T00:00:00', 23, MOMENT),
    setting('enforce_from: 2027-02-30T00:00:00Z', 23, '2027-02-30 is not a calendar date'),
    setting('methods: []', 18, 'must not be empty'),
    setting('methods: S256', 18, 'must be a list, not text: put it in brackets: [a, b]'),
    setting('methods: [S256, s256]', 25, 'must be one of S256, plain (did you mean S256?)', 1),
    setting('redirect_uris: []', 24, 'must not be empty'),
    setting('redirect_uris: [/cb]', 25, 'must be an absolute URI', 0),
    setting('redirect_uris: ["https:cb"]', 25, 'must be an absolute URI', 0),
    setting(
      'redirect_uris: ["https://a.example.com/*"]',
      25,
      'redirect URIs are compared exactly, without wildcards: list each one (a loopback address and localhost match any port)',
      0,
    ),
    setting(
      'redirect_uris: ["https://a.example.com/#x"]',
      25,
      'must not have a fragment (RFC 6749 3.1.2)',
      0,
    ),
    setting(
      'redirect_uris: ["JavaScript:alert(1)"]',
      25,
      'the scheme JavaScript: cannot be a redirect target',
      0,
    ),
    setting('redirect_uris: ["data:text/html,x"]', 25, 'the scheme data: cannot be a redirect target', 0),
    setting('redirect_uris: ["https://a.example.com/a b"]', 25, 'must not contain spaces', 0),
    setting('response_types: [code token extra]', 26, TYPE, 0),
    setting('response_types: [code code]', 26, 'has a word twice', 0),
    setting('response_types: [code none]', 26, '`none` cannot be combined with other types', 0),
    setting('response_types: [id_token]', 25, 'must contain a type with `code`'),
    setting(
      'response_modes: [okta_post_message]',
      26,
      'must be one of query, fragment, form_post, jwt, query.jwt, fragment.jwt, form_post.jwt, web_message',
      0,
    ),
    setting('wrap_codes: maybe', 21, 'must be true, false or auto'),
    setting('code_ttl: 11m', 19, 'must be at most 10m'),
    setting('flow_ttl: 25h', 19, 'must be at most 24h'),
    setting('max_attempts: 0', 23, 'must be at least 1'),
    setting('max_attempts: 101', 23, 'must be at most 100'),
    setting('state: preserve', 16, '`preserve` needs `redirect_uris`'),
    setting('inject_secret: "a\\u0007b"', 24, 'must not contain control characters'),
    setting('owner: "a\\u0085b"', 16, 'must not contain control characters'),
    {
      name: 'origins',
      text: clientWith('cors: {origins: ["*", https://a.example.com/, "null"]}'),
      lines: [
        `g.yaml:6:26 ${SPA}.cors.origins[0]: \`*\` is not allowed at a token endpoint: list the origins`,
        `g.yaml:6:31 ${SPA}.cors.origins[1]: must be an origin such as https://app.example.com, without a path`,
        `g.yaml:6:55 ${SPA}.cors.origins[2]: must be an origin such as https://app.example.com, without a path`,
      ],
    },
  ];
  it.each(cases)('$name', async ({ text, lines }) => {
    expect(await problemLines(text)).toEqual(lines);
  });
});

it('reports everything at once, including conflicts between values', async () => {
  const text = [
    'listen: {address: 0.0.0.0:9090, bogus: 1}',
    'issuers:',
    '  - {name: corp, upstream: {url: https://a.example.com}, defaults: {mode: nope}}',
    '  - {name: corp, upstream: {}, hosts: [b.example.com]}',
    '  - {name: x, upstream: {url: http://c.example.com}, hosts: [B.example.com]}',
  ].join('\n');
  expect(await problemLines(text)).toEqual([
    'g.yaml:1:19 listen.address: must be different from admin.address',
    'g.yaml:1:33 listen.bogus: unknown key',
    'g.yaml:3:75 issuers[0].defaults.mode: must be one of enforce, report, off',
    'g.yaml:4:12 issuers[1].name: another issuer has this name',
    'g.yaml:4:18 issuers[1].upstream.url: is required',
    'g.yaml:5:62 issuers[2].hosts[0]: is already a host of issuers[1]',
  ]);
});
