import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formTags } from '../../src/doctor/form-tags.ts';

/** The same as a regular expression, whose time is quadratic in the limit. */
const FORM_TAG = /<form\b[^>]{0,2000}>/gi;
const found = (html: string) => [...html.matchAll(FORM_TAG)].map(([tag]) => tag);

const begin = fc.constantFrom('<form', '<FORM', '<Form ', '<forms', '<form_', '<form-', '<ſorm', '<for', '');
const fill = fc.oneof(
  fc.constantFrom(' action="/a>b"', " action='/login'", ' ACTION = login', '<form', 'é', '\n', '"', ''),
  // Around the limit, also with the beginning of another tag within it.
  fc.integer({ min: 1_985, max: 2_005 }).map((length) => ' '.repeat(length)),
  fc.nat({ max: 2_010 }).map((length) => 'x'.repeat(length)),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const end = fc.constantFrom('>', '>', '/>', '');
const tags = fc.tuple(begin, fill, begin, fill, end).map((parts) => parts.join(''));
const page = fc.array(tags, { minLength: 1, maxLength: 8, size: 'max' }).map((parts) => parts.join(''));

test('finds the same form tags as the regular expression', () => {
  let count = 0;
  fc.assert(
    fc.property(page, (html) => {
      const expected = found(html);
      count += expected.length;
      expect(formTags(html).map((tag) => `${tag}>`)).toEqual(expected);
    }),
    { numRuns: 5_000 },
  );
  expect(count).toBeGreaterThan(1_000);
});

test.each([1_999, 2_000, 2_001, 2_004, 2_005, 2_006])('%i characters after the name of a tag', (length) => {
  for (const filler of ['x', ' ', '<form ']) {
    const html = `<form ${filler.repeat(length).slice(0, length - 1)}>`;
    expect(formTags(html).map((tag) => `${tag}>`)).toEqual(found(html));
  }
});

test('a page with only the beginnings of tags has no tags', () => {
  expect(formTags('<form'.repeat(200_000))).toEqual([]);
  expect(formTags(`${'<form '.repeat(200_000)}>`)).toHaveLength(1);
});
