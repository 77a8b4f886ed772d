import { describe, expect, it } from 'vitest';
import { ClientShares } from '../../../src/http/client-shares.ts';

describe('ClientShares', () => {
  it('counts what each client holds', () => {
    const shares = new ClientShares();
    shares.take('a');
    shares.take('a');
    shares.take('b');
    shares.giveBack('a');
    expect(['a', 'b', 'c'].map((client) => shares.of(client))).toEqual([1, 1, 0]);
  });

  it('counts on after many other clients have come and gone', () => {
    const shares = new ClientShares();
    shares.take('held');
    for (let i = 0; i < 5_000; i += 1) {
      shares.take(`client-${i}`);
      shares.giveBack(`client-${i}`);
    }
    shares.take('held');
    shares.take('client-0');
    expect(['held', 'client-0', 'client-1', 'client-4999'].map((client) => shares.of(client))).toEqual([
      2, 1, 0, 0,
    ]);
    shares.giveBack('held');
    expect(shares.of('held')).toBe(1);
  });
});
