import { expect, test } from 'vitest';
import { KeyedFlowStore } from '../../../src/store/keyed-flow-store.ts';
import { observeFlowStore } from '../../../src/store/observed-flow-store.ts';
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
