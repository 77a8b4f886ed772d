import { expect, test } from 'vitest';
import { LastDocuments } from '../../../src/upstream/last-documents.ts';

const HOUR = 3_600_000;

test('a document is kept for an hour', () => {
  const documents = new LastDocuments();
  documents.remember('a', { issuer: 'a' }, 0);
  expect(documents.recall('a', HOUR)).toEqual({ issuer: 'a' });
  expect(documents.recall('a', HOUR + 1)).toBeUndefined();
  expect(documents.recall('b', 0)).toBeUndefined();
});

test('a limited number is kept, the last used ones', () => {
  const documents = new LastDocuments();
  documents.remember('first', { issuer: 'first' }, 0);
  for (let i = 0; i < 1_000; i++) {
    documents.remember(`other ${i}`, {}, 0);
    documents.remember('first', { issuer: 'first' }, 0);
  }
  expect(documents.recall('first', 0)).toBeDefined();
  expect(documents.recall('other 1', 0)).toBeUndefined();
});
