import type { FlowStore } from '../../../src/store/flow-store.ts';
import { codeKey, flowIdOf, flowKey } from '../../../src/store/store-key.ts';
import { sampleCode, UPSTREAM } from '../../support/sample-login.ts';
import { claim, saveFlow } from './store-operations.ts';

/** A login at a certain step, and the result of that step. */
export type Login = {
  readonly step: 'request' | 'response' | 'redemption' | 'replay';
  /** The key of its record; `undefined`: none. */
  readonly key: string | undefined;
  /** The pattern of the record. */
  readonly record: RegExp;
  next(): Promise<string>;
};

/** Four logins: one that begins, one before its code, one before its redemption, one after it. */
export async function beginLogins(
  store: FlowStore,
  suits: (key: string) => Promise<boolean> = async () => true,
): Promise<readonly Login[]> {
  const codeThatSuits = async (name: string) => {
    for (let index = 0; ; index += 1) {
      const code = `${name}-${index}`;
      if (await suits(codeKey(UPSTREAM, code))) return code;
    }
  };
  let underWay = await saveFlow(store);
  while (!(await suits(flowKey(flowIdOf(UPSTREAM, underWay))))) underWay = await saveFlow(store);
  const [bound, issued, redeemed] = [
    await codeThatSuits('bound'),
    await codeThatSuits('issued'),
    await codeThatSuits('redeemed'),
  ];
  for (const code of [issued, redeemed]) await store.bindCode(sampleCode({ code }));
  await claim(store, redeemed);
  return [
    {
      step: 'request',
      key: undefined,
      record: /./,
      async next() {
        // The node of a flow is random; the code of the login is on the lost node.
        await store.bindCode(sampleCode({ code: bound }));
        await saveFlow(store);
        return 'saved';
      },
    },
    {
      step: 'response',
      key: flowKey(flowIdOf(UPSTREAM, underWay)),
      record: /^\["f4"/,
      async next() {
        if ((await store.findFlow(UPSTREAM, underWay)) === undefined) return 'no flow';
        return (await store.bindCode(sampleCode({ code: bound }))).outcome;
      },
    },
    {
      step: 'redemption',
      key: codeKey(UPSTREAM, issued),
      record: /^3bb/,
      next: () => claim(store, issued),
    },
    {
      step: 'replay',
      key: codeKey(UPSTREAM, redeemed),
      record: /^3bc/,
      next: () => claim(store, redeemed),
    },
  ];
}

/** A complete login, from its request to its redemption, with a wrapped code. */
export async function finishLogin(store: FlowStore, name: string): Promise<string> {
  const prefix = await saveFlow(store);
  const live = await store.findFlow(UPSTREAM, prefix);
  if (live === undefined) return 'no flow';
  const bound = await store.bindCode(sampleCode({ code: name, flowId: live.id, wrap: true }));
  return bound.outcome === 'bound' ? claim(store, bound.code) : bound.outcome;
}
