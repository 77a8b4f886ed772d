import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ActivityStore, dayOf, dayRecord } from '../activity/activity-store.ts';
import type { StoreConfig } from '../config/config.ts';
import { s256 } from '../oauth/pkce.ts';
import { openStores } from '../open-stores.ts';
import { type Binding, type Flow, type FlowStore, StoreFault } from '../store/flow-store.ts';
import { adviseOnStoreState } from '../telemetry/store-advice.ts';
import { describeCode } from '../upstream/describe-code.ts';
import { about, type Finding } from './finding.ts';

/** Milliseconds to wait for the store. */
const PATIENCE = 5_000;
const TTL = 10_000;
const ISSUER = 'pkce-gateway doctor';
const CHECK_REDIS = 'check that it is a Redis, and that nothing else writes keys with its prefix';

/** Tries every operation of a login on its own records, which expire. */
export async function probeStore(config: StoreConfig): Promise<Finding[]> {
  const { ok, problem, warn } = about(`store: ${config.kind}`);
  if (config.kind === 'memory') {
    const advice =
      'enough for a trial; use `kind: redis` or `kind: sealed` for several gateways, or to keep logins across a restart';
    return [warn('logins in progress are lost when the process ends', advice)];
  }
  if (config.kind === 'sealed') {
    await using store = openStores(config).flows;
    const wrong = await exercise(store, config.sealed.replay === 'memory');
    const keys = `${config.sealed.keys.length} ${config.sealed.keys.length === 1 ? 'key' : 'keys'}`;
    if (wrong === undefined) return [ok(`seals and opens, with ${keys}`)];
    return [problem(`${wrong} went wrong`, 'is each key one that `pkce-gateway keygen` made?')];
  }
  const { promise: reached, resolve: settle } = Promise.withResolvers<Finding | undefined>();
  const lost = (detail?: string) => settle(problem(describeLoss(detail), adviceOn(detail)));
  const late = problem(`no answer within ${PATIENCE / 1000} s`, adviceOn('TIMEOUT'));
  try {
    const { flows, activity } = openStores(config, (state, detail) =>
      state === 'ready' ? settle(undefined) : lost(detail),
    );
    await using store = flows;
    const loss = await Promise.race([reached, sleep(PATIENCE, late, { ref: false })]);
    if (loss !== undefined) return [loss];
    const wrong = await exercise(store);
    if (wrong !== undefined) return [problem(`failed: ${wrong}`, CHECK_REDIS)];
    return [ok('all operations of a login work'), await probeActivity(activity)];
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return [
      problem(error.message, 'docs/operations/redis.md lists the commands that the user needs (`NOPERM`)'),
    ];
  }
}

/** Why the store was lost; a server other than Redis gives no code. */
function describeLoss(code: string | undefined): string {
  return code === undefined
    ? 'connected, but what answers there is not Redis, or closed the connection'
    : `cannot be reached: ${describeCode(code)}`;
}

function adviceOn(code: string | undefined): string {
  const advice = adviseOnStoreState(code);
  return code === undefined ? advice : `${advice}; docs/operations/redis.md explains each code`;
}

/** Tries the counts behind `report`, for an issuer name that no configuration can have. Logins work without them. */
async function probeActivity(activity: ActivityStore): Promise<Finding> {
  const { ok, problem, warn } = about('store: activity of clients');
  const record = dayRecord(ISSUER, dayOf(Date.now()));
  const field = randomBytes(8).toString('hex');
  try {
    await activity.addActivity(record, new Map([[field, 1]]));
    const kept = (await activity.loadActivity(record)).get(field) === '1';
    return kept ? ok('counts can be written and read') : problem('counts are not stored', CHECK_REDIS);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    const advice =
      'logins work, but `report` stays empty: docs/operations/redis.md lists the commands that the user needs';
    return warn(error.message, advice);
  }
}

/** The name of the first operation with a wrong result. */
async function exercise(store: FlowStore, refusesReplay = true): Promise<string | undefined> {
  const [id, challenge] = [randomBytes(16).toString('hex'), s256(randomBytes(32).toString('base64url'))];
  const own = { issuer: ISSUER, realm: '', clientId: ISSUER, mode: 'enforce' } as const;
  const sent = { codeChallenge: challenge, redirectUri: undefined, pkceForwarded: true };
  const flow: Flow = {
    ...own,
    ...sent,
    upstream: ISSUER,
    responseType: 'code',
    responseMode: undefined,
    violation: undefined,
  };
  const binding: Binding = { ...own, ...sent, maxAttempts: 3, hasIdToken: false };
  const begun = store.beginFlow(flow, { hadState: true, ttl: TTL });
  if (begun === undefined) return 'beginning a flow';
  await begun.saved;
  const flowId = begun.live.id;
  if ((await store.findFlow(ISSUER, begun.prefix))?.id !== flowId) return 'loading a flow';
  const issued = { upstream: ISSUER, code: id, flowId, binding, wrap: true, codeTtl: TTL };
  const bound = await store.bindCode(issued);
  if (bound.outcome !== 'bound') return 'binding a code';
  const { code } = bound;
  if ((await store.findCode(ISSUER, code))?.codeChallenge !== challenge) return 'finding a code';
  const newClaim = () => randomBytes(16).toString('base64url');
  const claim = async (presented = challenge, claimId = newClaim()) =>
    (await store.claimCode(ISSUER, code, { challenge: presented, claimId })).outcome;
  if ((await claim(s256('another'))) !== 'mismatch') return 'refusing a wrong verifier';
  const first = newClaim();
  if ((await claim(challenge, first)) !== 'claimed') return 'claiming a code';
  if (refusesReplay && (await claim()) !== 'replayed') return 'refusing a second claim';
  await store.releaseClaim(ISSUER, code, first);
  if ((await claim()) !== 'claimed') return 'claiming a released code';
  const pushed = await store.savePushedRequest(ISSUER, id, own, TTL);
  if ((await store.findPushedRequest(ISSUER, pushed)) === undefined) return 'loading a pushed request';
  await store.ping();
  return undefined;
}
