import { expect, test } from 'vitest';
import { StoreFault } from '../../../src/store/flow-store.ts';
import { KeyedFlowStore } from '../../../src/store/keyed-flow-store.ts';
import { observeFlowStore, observeOperation } from '../../../src/store/observed-flow-store.ts';
import { MemoryRecordStore } from '../../../src/store/record-store-memory.ts';
import { everyOperation } from '../../contract/store/store-operations.ts';
import { beginSample, sampleFlow } from '../../support/sample-login.ts';

test('every operation is reported once, with the result of the store itself', async () => {
  const seen: string[] = [];
  const store = observeFlowStore(new KeyedFlowStore(new MemoryRecordStore()), (operation) => {
    seen.push(operation);
  });
  expect(store.keepsRecords).toBe(true);
  for (const operation of everyOperation(store)) await operation;
  expect(seen.toSorted()).toEqual(
    [
      ...['beginFlow', 'beginPreservedFlow', 'bindCode', 'bindCode', 'claimCode', 'endPreservedFlow'],
      ...['findCode', 'findFlow', 'findPreservedFlow', 'findPushedRequest', 'hasTrait', 'ping'],
      ...['releaseClaim', 'savePushedRequest', 'saveTrait'],
    ].toSorted(),
  );
});

test('a failed save of a flow is reported, and may be awaited late or never', async () => {
  const faults: unknown[] = [];
  const store = observeFlowStore(new KeyedFlowStore(new MemoryRecordStore()), (_operation, _ms, fault) => {
    faults.push(fault?.code);
  });
  const huge = sampleFlow({ redirectUri: 'x'.repeat(40_000) });
  const { saved } = beginSample(store, huge, { ttl: 1_000 });
  beginSample(store, huge, { ttl: 1_000 });
  await new Promise(setImmediate);
  expect(faults).toEqual(['store_error', 'store_error']);
  await expect(saved).rejects.toMatchObject({ code: 'store_error' });
});

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
