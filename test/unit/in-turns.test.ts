import { setImmediate } from 'node:timers';
import { expect, test } from 'vitest';
import { inTurns } from '../../src/in-turns.ts';

/** Ends the test if nothing else ever runs. */
const LIMIT = 20_000_000;

test('lets others run between the steps', async () => {
  let hasRun = false;
  setImmediate(() => {
    hasRun = true;
  });
  function* work(): Generator<void, string> {
    for (let steps = 0; !hasRun && steps < LIMIT; steps += 1) yield;
    return 'done';
  }
  expect(await inTurns(work())).toBe('done');
  expect(hasRun).toBe(true);
});

test('rejects with the exception of a step', async () => {
  function* work(): Generator<void> {
    yield;
    throw new Error('no');
  }
  await expect(inTurns(work())).rejects.toThrow('no');
});
