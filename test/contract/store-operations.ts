import { type FlowStore, StoreFault } from '../../src/flow/flow-store.ts';
import { codeKey, flowKey, pushedRequestKey } from '../../src/flow/keys.ts';
import { CHALLENGE, sampleBinding, sampleFlow } from '../support/sample-flow.ts';

export const FLOW = flowKey('corp', 'pg-a-state');
export const CODE = codeKey('corp', 'a-code');
const PUSHED = pushedRequestKey('corp', 'urn:ietf:params:oauth:request_uri:one');

/** All that a store can be asked, begun at once. */
export function everyOperation(store: FlowStore): Promise<unknown>[] {
  return [
    store.saveFlow(FLOW, sampleFlow(), 60_000),
    store.loadFlow(FLOW),
    store.endFlow(FLOW),
    store.saveBinding(CODE, sampleBinding(), 60_000),
    store.loadBinding(CODE),
    store.claimBinding(CODE, CHALLENGE),
    store.releaseBinding(CODE),
    store.savePushedRequest(PUSHED, { clientId: 'spa', scope: '' }, 60_000),
    store.loadPushedRequest(PUSHED),
    store.spendPushedRequest(PUSHED, 60_000),
    store.ping(),
  ];
}

/** The fault that an operation ends with. Throws where it ends with anything else. */
export async function faultOf(operation: Promise<unknown>): Promise<StoreFault> {
  const fault: unknown = await operation.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(fault instanceof StoreFault)) throw new Error(`no StoreFault, but ${String(fault)}`);
  return fault;
}

/** How long an operation takes, whatever it ends with. */
export async function took(operation: Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await operation.catch(() => {});
  return performance.now() - begun;
}
