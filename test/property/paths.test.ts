import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loosenPath } from '../../src/http/path-pattern.ts';
import { readPeer } from '../../src/http/peer.ts';
import { parseRequestTarget } from '../../src/http/request-target.ts';
import { TrustedProxies } from '../../src/http/trusted-proxies.ts';
import { Endpoints } from '../../src/issuer/endpoints.ts';
import { mapLocation } from '../../src/upstream/map-location.ts';

const endpoints = new Endpoints({
  authorization: ['/oauth2/authorize'],
  token: ['/oauth2/token', '/realms/{realm}/token'],
  pushedAuthorization: ['/oauth2/par'],
  metadata: [],
});
const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom('/', '%2f', '%', '..', '.', ';', '\\', '%00', 'oauth2', 'token', '%252e', ' ', '?'),
      {
        maxLength: 12,
      },
    )
    .map((pieces) => pieces.join('')),
);

/** Spellings of a path that some server normalises. */
const trick = fc.constantFrom<(path: string) => string>(
  (path) => `/${path}`,
  (path) => `${path}/`,
  (path) => `${path}/.`,
  (path) => `${path}//`,
  (path) => (path.endsWith('.') ? path : `${path}.`),
  (path) => `${path};jsessionid=1`,
  (path) => `${path}%00`,
  (path) => `${path}%00.css`,
  (path) => `${path}%20`,
  (path) => `/.${path}`,
  (path) => `/x/..${path}`,
  (path) => `/x/%2e%2e${path}`,
  (path) => `/x/..;${path}`,
  (path) => path.replace('/oauth2', '/oauth2/.'),
  (path) => path.replace('/oauth2', '/oauth2/x/..'),
  (path) => path.replace('oauth2/', 'oauth2//'),
  (path) => path.replace('oauth2/', 'oauth2%2f'),
  (path) => path.replace('oauth2/', 'oauth2\\'),
  (path) => path.replace('oauth2/', 'oauth2;a=b/'),
  (path) => path.replace('token', '%74oken'),
  (path) => path.replace('token', 'TOKEN'),
  (path) => path.replace('oke', '%6F%6B%65'),
  (path) => path.replace('token', '%2574oken'),
);

describe('paths', () => {
  test('no combination of tricks hides the token endpoint', () => {
    fc.assert(
      fc.property(fc.array(trick, { maxLength: 5 }), (tricks) => {
        const path = tricks.reduce((path, apply) => apply(path), '/oauth2/token');
        const { endpoint, resembles } = endpoints.match(path);
        expect(endpoint === 'token' || resembles === 'token').toBe(true);
        expect(endpoint === 'token').toBe(path === '/oauth2/token');
      }),
      { numRuns: 1_000 },
    );
  });

  test('any text has a reading, and reading is idempotent', () => {
    fc.assert(
      fc.property(anything, (path) => {
        endpoints.match(path);
        const loose = loosenPath(path);
        expect(loose.startsWith('/')).toBe(true);
        expect(loose).not.toMatch(/\\|\/\/|\/\.\.?(\/|$)|\u0000/);
        if (!loose.includes('%') && !loose.includes(';')) expect(loosenPath(loose)).toBe(loose);
      }),
      { numRuns: 1_000 },
    );
  });

  test('every server reads a matched realm literally', () => {
    fc.assert(
      fc.property(anything, (realm) => {
        const { endpoint, realm: read } = endpoints.match(`/realms/${realm}/token`);
        fc.pre(endpoint === 'token');
        expect(read).toBe(realm);
        expect(loosenPath(`/${read}x`)).toBe(`/${realm.toLowerCase()}x`);
      }),
    );
  });
});

test('a request target is either split or refused, never changed', () => {
  const target = fc.oneof(
    anything,
    anything.map((text) => `/${text}`),
  );
  fc.assert(
    fc.property(target, (text) => {
      const parsed = parseRequestTarget(text, 'h');
      if (parsed === undefined) return;
      expect(parsed.path).toMatch(/^\/[^?#\\\s\u0000-\u001f\u007f]*$/);
      const written = parsed.query === undefined ? parsed.path : `${parsed.path}?${parsed.query}`;
      expect(text.startsWith('/') ? written : text.toLowerCase().includes(written.slice(1))).toBe(
        text.startsWith('/') ? text : true,
      );
    }),
    { numRuns: 1_000 },
  );
});

test("a Location leads to the upstream's intended place, and never to its own origin", () => {
  const [upstream, publicOrigin] = ['https://idp.internal:8443', 'https://login.example.com'];
  const start = fc.constantFrom(
    upstream,
    `${upstream.toUpperCase()}`,
    '//idp.internal:8443',
    'https://app.example',
    '',
    '/',
  );
  fc.assert(
    fc.property(start, anything, (start, rest) => {
      const location = start + rest;
      const meant = URL.parse(location, publicOrigin);
      const mapped = URL.parse(mapLocation(location, [upstream], publicOrigin), publicOrigin);
      fc.pre(meant !== null);
      expect(mapped?.origin).toBe(meant.origin === upstream ? publicOrigin : meant.origin);
      expect(mapped?.pathname).toBe(meant.pathname);
      expect(mapped?.search).toBe(meant.search);
    }),
    { numRuns: 1_000 },
  );
});

describe('a peer', () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string(),
    fc.constantFrom('10.0.0.1', '::ffff:10.0.0.2', 'unknown'),
  );
  const chain = fc.array(address, { maxLength: 5 }).map((hops) => hops.join(', '));
  const peerOf = (remoteAddress: string, forwardedFor: string, trusted: TrustedProxies) => {
    const headers = {
      host: 'h',
      'x-forwarded-for': forwardedFor,
      'x-forwarded-host': 'evil',
      'x-forwarded-proto': 'https',
    };
    return readPeer({ headers, socket: { remoteAddress } } as unknown as IncomingMessage, trusted);
  };
  const proxies = new TrustedProxies(['10.0.0.0/8']);

  test('that is not trusted is not believed', () => {
    fc.assert(
      fc.property(fc.ipV4(), chain, (remote, chain) => {
        fc.pre(!remote.startsWith('10.'));
        expect(peerOf(remote, chain, proxies)).toEqual({
          address: remote,
          forwardedFor: remote,
          scheme: 'http',
          host: 'h',
        });
      }),
    );
  });

  test('that is trusted adds its client: forged entries of that client do not count', () => {
    fc.assert(
      fc.property(chain, fc.ipV4(), (madeUp, client) => {
        fc.pre(!client.startsWith('10.'));
        expect(peerOf('10.0.0.1', madeUp === '' ? client : `${madeUp}, ${client}`, proxies).address).toBe(
          client,
        );
      }),
    );
  });
});
