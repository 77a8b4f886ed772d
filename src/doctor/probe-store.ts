import { randomBytes } from 'node:crypto';
import { type ActivityStore, dayOf, dayRecord } from '../activity/activity-store.ts';
import type { StoreConfig } from '../config/config.ts';
import type { Binding } from '../flow/binding.ts';
import type { Flow } from '../flow/flow.ts';
import { type FlowStore, StoreFault } from '../flow/flow-store.ts';
import { codeKey, flowKey, pushedRequestKey } from '../flow/keys.ts';
import { s256 } from '../oauth/pkce.ts';
import { openStores } from '../open-stores.ts';
import { type Finding, ok, problem, warn } from './finding.ts';

/** Milliseconds that the store has to be reached. */
const PATIENCE = 5_000;
const TTL = 10_000;
const ISSUER = 'pkce-gateway doctor';

/** Every operation of a login, on records of its own, which expire. */
export async function probeStore(config: StoreConfig): Promise<Finding[]> {
  const tried = `store: ${config.kind}`;
  if (config.kind === 'memory') {
    const advice = 'fine for a trial; `kind: redis` for more than one gateway, or to survive restarts';
    return [warn(tried, 'the flows of one process, forgotten when it ends', advice)];
  }
  const reached = Promise.withResolvers<string | undefined>();
  const timer = setTimeout(reached.resolve, PATIENCE, `no answer within ${PATIENCE / 1000} s`);
  try {
    const { flows, activity } = openStores(config, {
      onStateChange: (state, detail) => reached.resolve(state === 'ready' ? undefined : (detail ?? state)),
    });
    await using store = flows;
    const fault = await reached.promise;
    if (fault !== undefined)
      return [problem(tried, `cannot be reached: ${fault}`, 'docs/operations.md has what each code means')];
    const wrong = await exercise(store);
    if (wrong !== undefined)
      return [
        problem(tried, `${wrong} went wrong`, 'is it a Redis, and does nobody else write under its prefix?'),
      ];
    return [ok(tried, 'all operations of a login work'), await probeActivity(activity)];
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return [
      problem(tried, error.message, 'docs/operations.md has the commands that the user needs (`NOPERM`)'),
    ];
  } finally {
    clearTimeout(timer);
  }
}

/** The counts behind `report`, for an issuer that no configuration can have. Logins work without them. */
async function probeActivity(activity: ActivityStore): Promise<Finding> {
  const tried = 'store: what clients do';
  const record = dayRecord(ISSUER, dayOf(Date.now()));
  const field = randomBytes(8).toString('hex');
  try {
    await activity.addActivity(record, new Map([[field, 1]]));
    const kept = (await activity.loadActivity(record)).get(field) === '1';
    if (kept) return ok(tried, 'is counted, and read back');
    return problem(tried, 'is not kept', 'is it a Redis, and does nobody else write under its prefix?');
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return warn(
      tried,
      error.message,
      'logins work, but `report` stays empty: docs/operations.md has the commands that the user needs',
    );
  }
}

/** The name of the first operation that does not do as it should. */
async function exercise(store: FlowStore): Promise<string | undefined> {
  const [id, challenge] = [randomBytes(16).toString('hex'), s256(randomBytes(32).toString('base64url'))];
  const keys = {
    flow: flowKey(ISSUER, id),
    code: codeKey(ISSUER, id),
    pushed: pushedRequestKey(ISSUER, id),
  };
  const flow: Flow = {
    clientId: ISSUER,
    mode: 'enforce',
    codeChallenge: challenge,
    redirectUri: undefined,
    responseType: 'code',
    responseMode: undefined,
    scope: '',
    pkceForwarded: false,
    pushedKey: undefined,
  };
  const binding: Binding = {
    clientId: ISSUER,
    mode: 'enforce',
    codeChallenge: challenge,
    redirectUri: undefined,
    scope: '',
    pkceForwarded: false,
    maxAttempts: 3,
    wrappedCode: undefined,
  };
  const pushed = { clientId: ISSUER, scope: '' };
  const claim = async (presented: string) => (await store.claimBinding(keys.code, presented)).outcome;
  const steps: readonly (readonly [name: string, works: () => Promise<boolean>])[] = [
    ['saving a flow', () => store.saveFlow(keys.flow, flow, TTL)],
    ['loading a flow', async () => (await store.loadFlow(keys.flow))?.codeChallenge === challenge],
    ['saving a binding', () => store.saveBinding(keys.code, binding, TTL)],
    ['loading a binding', async () => (await store.loadBinding(keys.code))?.codeChallenge === challenge],
    ['refusing a wrong verifier', async () => (await claim(s256('another'))) === 'mismatch'],
    ['claiming a code', async () => (await claim(challenge)) === 'claimed'],
    ['refusing a second claim', async () => (await claim(challenge)) === 'replayed'],
    ['releasing a code', () => done(store.releaseBinding(keys.code))],
    ['claiming a released code', async () => (await claim(challenge)) === 'claimed'],
    ['remembering a pushed request', () => done(store.savePushedRequest(keys.pushed, pushed, TTL))],
    ['loading a pushed request', async () => (await store.loadPushedRequest(keys.pushed)) !== undefined],
    ['spending a pushed request', () => store.spendPushedRequest(keys.pushed, TTL)],
    ['spending it once only', async () => !(await store.spendPushedRequest(keys.pushed, TTL))],
    ['ending a flow', () => done(store.endFlow(keys.flow))],
    ['forgetting a flow', async () => (await store.loadFlow(keys.flow)) === undefined],
    ['answering a ping', () => done(store.ping())],
  ];
  for (const [name, works] of steps) if (!(await works())) return name;
  return undefined;
}

async function done(operation: Promise<void>): Promise<true> {
  await operation;
  return true;
}
