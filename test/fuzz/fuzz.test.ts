import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';
import { FUZZED_DEFENCES } from './fuzz-stage.ts';

// The stage changes every 9000 requests: these numbers begin in each of them.
test.each(FUZZED_DEFENCES.map((defence, i) => [defence, i * 9_000] as const))(
  'with %s, no random request succeeds that must not (from %i)',
  async (_, from) => {
    expect(await fuzz({ seed: 'the tests', from, count: 1_500 })).toEqual([]);
  },
);

test('without checks, thefts succeed, and each is reported with the fewest mutations', async () => {
  const findings = await fuzz({ seed: 'the tests', from: 0, count: 500, defence: 'none', maxFindings: 3 });
  expect(findings.length).toBeGreaterThanOrEqual(3);
  for (const { problem, made, defence } of findings) {
    expect([problem, defence]).toEqual([expect.stringMatching(/stolen code|needs no verifier/), 'none']);
    expect(made.written.bytes).toMatch(/^\w+ \S+ HTTP\/1\.1\r\n/);
  }
  expect(findings.some(({ made }) => made.mutations.length === 0)).toBe(true);
});
