import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Deadlines } from '../../../src/flow/deadlines.ts';

/** A wait, with a promise of its end. */
function begin(deadlines: Deadlines, within: number) {
  const { promise, resolve } = Promise.withResolvers<number>();
  const startedAt = performance.now();
  const wait = deadlines.begin(within, () => resolve(performance.now() - startedAt));
  return { wait, givenUp: promise };
}

describe('waits that last too long', () => {
  test('are given up in the order of their ends, none too early', async () => {
    const deadlines = new Deadlines();
    const order: number[] = [];
    const waits = [40, 20, 60].map((within) =>
      begin(deadlines, within).givenUp.then((after) => {
        order.push(within);
        expect(after).toBeGreaterThanOrEqual(within);
      }),
    );
    // The timer keeps nothing alive.
    await Promise.race([Promise.all(waits), sleep(10_000)]);
    expect(order).toEqual([20, 40, 60]);
    expect(deadlines.size).toBe(0);
  });

  test('one that has come to its end is not given up', async () => {
    const deadlines = new Deadlines();
    const giveUp = vi.fn();
    deadlines.end(deadlines.begin(10, giveUp));
    await Promise.race([begin(deadlines, 20).givenUp, sleep(10_000)]);
    expect(giveUp).not.toHaveBeenCalled();
  });

  test('one that is begun while another is given up is given up as well', async () => {
    const deadlines = new Deadlines();
    const { promise, resolve } = Promise.withResolvers<string>();
    deadlines.begin(5, () => void deadlines.begin(5, () => resolve('given up')));
    expect(await Promise.race([promise, sleep(10_000)])).toBe('given up');
  });

  test('one that is begun after all others have ended is given up as well', async () => {
    const deadlines = new Deadlines();
    for (const within of [5, 10]) {
      await Promise.race([begin(deadlines, within).givenUp, sleep(10_000)]);
      expect(deadlines.size).toBe(0);
    }
  });
});

describe('a deadline in the past', () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  beforeEach(() => void process.on('warning', note));
  afterEach(() => void process.off('warning', note));

  test('gives up at once, and Node has nothing to warn of', async () => {
    const deadlines = new Deadlines();
    await Promise.race([begin(deadlines, -5).givenUp, sleep(10_000)]);
    expect(deadlines.size).toBe(0);
    expect(warnings).toEqual([]);
  });
});
