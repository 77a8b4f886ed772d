import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redirectUri as redirectUriSchema } from '../../src/config/schema/uris.ts';
import { goesTo, isRegisteredRedirectUri } from '../../src/oauth/redirect-uri.ts';

const path = fc.constantFrom('', '/', '/cb', '/cb/', '/a%2Fb', '/é', '//cb', '/a/../cb', '/cb;x');
const queryCharacter = fc.constantFrom(...'ab=&%?/+~éZ09;:@!$,'.split(''), '%20', '%2F', '%FF');
const query = fc.option(
  fc.string({ unit: queryCharacter, maxLength: 10 }).map((text) => `?${text}`),
  { nil: '' },
);
const authority = fc.constantFrom(
  ...['https://app.example.com', 'https://APP.example.com:443', 'https://user:pw@app.example.com:8443'],
  ...['http://127.0.0.1:1234', 'http://[::1]:1', 'http://localhost', 'com.example.app:', 'app://callback'],
);
/** Redirect URIs that the configuration accepts. */
const redirectUri = fc
  .oneof(
    fc.webUrl({ withQueryParameters: true }),
    fc.tuple(authority, path, query).map((parts) => parts.join('')),
  )
  .filter((uri) => redirectUriSchema.safeParse(uri).success);

const answer = fc.constantFrom('code=x', 'code=x&state=y', 'error=access_denied', 'response=a.b.c');

describe('a server that answers to a redirect_uri', () => {
  test('in its query is recognised', () => {
    fc.assert(
      fc.property(redirectUri, answer, (uri, answer) => {
        const separator = !uri.includes('?') ? '?' : /^[^?]*\?$|&$/.test(uri) ? '' : '&';
        expect(goesTo(new URL(uri + separator + answer), uri)).toBe(true);
        const careless = `${uri}${uri.includes('?') ? '&' : '?'}${answer}`;
        expect(goesTo(new URL(careless), uri)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('in its fragment is recognised', () => {
    fc.assert(fc.property(redirectUri, answer, (uri, answer) => goesTo(new URL(`${uri}#${answer}`), uri)));
  });

  test('and rewrites the query is recognised', () => {
    fc.assert(
      fc.property(redirectUri, (uri) => {
        const target = new URL(uri);
        target.searchParams.append('code', 'x');
        expect(goesTo(target, uri)).toBe(true);
      }),
    );
  });
});

test('a response to one redirect_uri does not lead to another', () => {
  fc.assert(
    fc.property(redirectUri, redirectUri, (one, other) => {
      const [a, b] = [new URL(one), new URL(other)];
      const place = (url: URL) =>
        [url.protocol, url.username, url.password, url.host, url.pathname].join(' ');
      fc.pre(place(a) !== place(b));
      expect(goesTo(a, other)).toBe(false);
    }),
  );
});

test('a changed host, port, scheme, user or path is never the redirect_uri', () => {
  const change = fc.constantFrom<(url: URL) => void>(
    (url) => {
      url.hostname += '.evil';
    },
    (url) => {
      url.hostname = `evil-${url.hostname}`;
    },
    (url) => {
      url.port = url.port === '7' ? '8' : '7';
    },
    (url) => {
      url.username += 'x';
    },
    (url) => {
      url.pathname += 'x';
    },
    (url) => {
      url.pathname = `/x${url.pathname}`;
    },
    (url) => {
      url.protocol = url.protocol === 'https:' ? 'http:' : 'https:';
    },
  );
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true }), change, (uri, change) => {
      const target = new URL(uri);
      change(target);
      expect(goesTo(target, uri)).toBe(false);
    }),
  );
});

describe('registration', () => {
  const port = fc.integer({ min: 0, max: 65_535 });
  const literal = fc.constantFrom('127.0.0.1', '[::1]');
  const rest = fc.constantFrom('', '/', '/cb', '/cb?a=1', '?a');

  test('any port of a loopback literal', () => {
    fc.assert(
      fc.property(literal, port, port, rest, (host, one, other, rest) =>
        isRegisteredRedirectUri(`http://${host}:${one}${rest}`, [`http://${host}:${other}${rest}`]),
      ),
    );
  });

  test('of other hosts, only itself', () => {
    fc.assert(
      fc.property(redirectUri, redirectUri, (one, other) => {
        fc.pre(!/^http:\/\/(127\.0\.0\.1|\[::1\])/.test(one));
        expect(isRegisteredRedirectUri(one, [other])).toBe(one === other);
        expect(isRegisteredRedirectUri(one, [other, one])).toBe(true);
      }),
    );
  });

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), redirectUri, (text, uri) => {
        expect(isRegisteredRedirectUri(text, [uri])).toBe(text === uri);
        expect(goesTo(new URL(uri), text)).toBe(false);
      }),
    );
  });
});
