import type { FlowStore } from '../../src/flow/flow-store.ts';
import { codeKey, flowKey } from '../../src/flow/keys.ts';
import { CHALLENGE, sampleBinding, sampleFlow } from '../support/sample-flow.ts';

/** A login that has come to a certain step, and what that step ends with. */
export type Login = {
  readonly step: 'request' | 'response' | 'redemption' | 'replay';
  /** Under which the step looks. */
  readonly key: string;
  /** What stands there by now; `undefined`: nothing. */
  readonly record: RegExp | undefined;
  next(): Promise<string>;
};

/** Four logins: one that begins, one that awaits its code, one that awaits its redemption, one that has had it. */
export async function beginLogins(
  store: FlowStore,
  suits: (key: string) => Promise<boolean> = async () => true,
): Promise<readonly Login[]> {
  const suitable = async (make: (name: string) => string) => {
    for (let index = 0; ; index += 1) {
      const key = make(`interrupted-${index}`);
      if (await suits(key)) return key;
    }
  };
  const requested = await suitable((name) => flowKey('corp', `requested-${name}`));
  const underWay = await suitable((name) => flowKey('corp', `under-way-${name}`));
  const bound = await suitable((name) => codeKey('corp', `bound-${name}`));
  const issued = await suitable((name) => codeKey('corp', `issued-${name}`));
  const redeemed = await suitable((name) => codeKey('corp', `redeemed-${name}`));
  await store.saveFlow(underWay, sampleFlow(), 60_000);
  await store.saveBinding(issued, sampleBinding(), 60_000);
  await store.saveBinding(redeemed, sampleBinding(), 60_000);
  await claim(store, redeemed);
  return [
    {
      step: 'request',
      key: requested,
      record: undefined,
      // `NX`: where an answer was lost, the flow stands there already.
      next: async () => ((await store.saveFlow(requested, sampleFlow(), 60_000)) ? 'saved' : 'there'),
    },
    {
      step: 'response',
      key: underWay,
      record: /./,
      async next() {
        if ((await store.loadFlow(underWay)) === undefined) return 'no flow';
        return (await store.saveBinding(bound, sampleBinding(), 60_000)) ? 'bound' : 'there';
      },
    },
    { step: 'redemption', key: issued, record: /^1b/, next: () => claim(store, issued) },
    { step: 'replay', key: redeemed, record: /^1c/, next: () => claim(store, redeemed) },
  ];
}

/** A whole login, from its request to its redemption. */
export async function finishLogin(store: FlowStore, name: string): Promise<string> {
  const flow = flowKey('corp', name);
  const code = codeKey('corp', name);
  await store.saveFlow(flow, sampleFlow(), 60_000);
  if ((await store.loadFlow(flow)) === undefined) return 'no flow';
  await store.saveBinding(code, sampleBinding(), 60_000);
  return claim(store, code);
}

async function claim(store: FlowStore, key: string): Promise<string> {
  return (await store.claimBinding(key, CHALLENGE)).outcome;
}
