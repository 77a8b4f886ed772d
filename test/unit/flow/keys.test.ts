import { expect, test } from 'vitest';
import { codeKey, flowKey, pushedRequestKey } from '../../../src/flow/keys.ts';

test('a key is its kind and a digest, and never changes', () => {
  // Fixed texts: the keys of a running installation must survive an update.
  expect(flowKey('corp', 'state')).toBe('flow:QI-J9wIirZ2YZ2GQH3AnVkZJNs9xXfl9KMONW-PHNTc');
  expect(codeKey('corp', 'code')).toBe('code:6MDoUEKTKpwFygc_7XyB5HOL0YzCpeMWAurlMZz4cnA');
  expect(pushedRequestKey('corp', 'urn:x')).toBe('par:4_ThhMiDu1l2km_DjyHdRMWlz94L4zrwKXEDmTl0dGU');
});

test('no two issuers, codes or kinds share a key', () => {
  const keys = [
    codeKey('a', 'bc'),
    codeKey('ab', 'c'),
    codeKey('abc', ''),
    codeKey('', 'abc'),
    codeKey('a","b', 'c'),
    codeKey('a', 'bC'),
    codeKey('a', 'bc '),
    codeKey('a', '\ud800'),
    codeKey('a', '\ud801'),
    codeKey('a', '\ufffd'),
    flowKey('a', 'b'),
    flowKey('ab', ''),
    pushedRequestKey('a', 'b'),
  ];
  const digests = keys.map((key) => key.slice(key.indexOf(':') + 1));
  expect(new Set(digests).size).toBe(keys.length);
});
