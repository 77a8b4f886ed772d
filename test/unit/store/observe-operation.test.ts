import { expect, test } from 'vitest';
import { StoreFault } from '../../../src/store/flow-store.ts';
import { observeOperation } from '../../../src/store/observe-operation.ts';

type Heard = readonly [operation: string, duration: number, fault: StoreFault | undefined];

function listen() {
  const heard: Heard[] = [];
  return { heard, observe: (...operation: Heard) => void heard.push(operation) };
}

test('a successful operation is reported before its caller gets the result', async () => {
  const { heard, observe } = listen();
  const { promise, resolve } = Promise.withResolvers<string>();
  setTimeout(resolve, 20, 'flow');
  const atCaller = observeOperation(observe, 'findFlow', promise).then((flow) => [flow, heard.length]);
  expect(await atCaller).toEqual(['flow', 1]);
  const [operation, duration, fault] = heard[0] as Heard;
  expect([operation, fault]).toEqual(['findFlow', undefined]);
  expect(duration).toBeGreaterThan(15);
});

test('a fault is reported, and thrown', async () => {
  const { heard, observe } = listen();
  const fault = new StoreFault('store_timeout', 'late');
  await expect(observeOperation(observe, 'ping', Promise.reject(fault))).rejects.toBe(fault);
  expect(heard.map(([operation, , of]) => [operation, of])).toEqual([['ping', fault]]);
});

test('other errors than store faults are only thrown', async () => {
  const { heard, observe } = listen();
  const error = new TypeError('ours');
  await expect(observeOperation(observe, 'ping', Promise.reject(error))).rejects.toBe(error);
  expect(heard).toEqual([]);
});
