import { setTimeout } from 'node:timers/promises';
import { vi } from 'vitest';
import { type FlowStore, StoreFault } from '../../../src/store/flow-store.ts';
import { beginSample, sampleClaim, sampleCode, sampleFlow, UPSTREAM } from '../../support/sample-login.ts';

const REQUEST_URI = 'urn:ietf:params:oauth:request_uri:one';
const PUSHED = { issuer: 'corp', realm: '', clientId: 'spa', mode: 'enforce' } as const;

export const CODE = 'a-code';

/** A new claim, and its outcome. */
export async function claim(store: FlowStore, code = CODE): Promise<string> {
  return (await store.claimCode(UPSTREAM, code, sampleClaim())).outcome;
}

/** All operations of a store, begun at once. */
export function everyOperation(store: FlowStore): Promise<unknown>[] {
  const claim = sampleClaim();
  return [
    beginSample(store).saved,
    store.findFlow(UPSTREAM, 'a-prefix'),
    store.beginPreservedFlow(sampleFlow(), 's-1', 60_000),
    store.findPreservedFlow(UPSTREAM, 'spa-portal', 's-1'),
    store.endPreservedFlow(UPSTREAM, 'spa-portal', 's-1'),
    store.bindCode(sampleCode()),
    store.bindCode(sampleCode({ code: 'wrapped', wrap: true })),
    store.findCode(UPSTREAM, 'a-code'),
    store.claimCode(UPSTREAM, 'a-code', claim),
    store.releaseClaim(UPSTREAM, 'a-code', claim.claimId),
    store.savePushedRequest(UPSTREAM, REQUEST_URI, PUSHED, 60_000),
    store.findPushedRequest(UPSTREAM, REQUEST_URI),
    store.saveTrait(UPSTREAM, 'spa', 'c_hash', 60_000),
    store.hasTrait(UPSTREAM, 'spa', 'c_hash'),
    store.ping(),
  ];
}

/** The fault of all operations after the connection was lost for long enough to fail at once. */
export async function everyFault(store: FlowStore): Promise<readonly StoreFault[]> {
  await vi.waitFor(async () => {
    const ping = store.ping();
    ping.catch(() => {});
    const first = await Promise.race([ping.catch((error: unknown) => error), setTimeout(50)]);
    if (!(first instanceof StoreFault)) throw new Error('operations still wait for the connection');
  }, 5_000);
  return Promise.all(everyOperation(store).map(faultOf));
}

/** Begins a flow that is not used further. */
export async function saveFlow(store: FlowStore): Promise<string> {
  const { prefix, saved } = beginSample(store);
  await saved;
  return prefix;
}

/** The fault of an operation. Throws on any other result. */
export async function faultOf(operation: Promise<unknown>): Promise<StoreFault> {
  const fault: unknown = await operation.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(fault instanceof StoreFault)) throw new Error(`no StoreFault, but ${String(fault)}`);
  return fault;
}
