import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type PolicyEntries, policyMerger } from '../policy/merge-policies.ts';
import type { PolicyEntry } from './client-policies.ts';
import type { Config, IssuerConfig } from './config.ts';
import { gatewaySchema } from './schema/gateway.ts';
import { issuerSchema } from './schema/issuer.ts';
import { unlistedPolicySchema } from './schema/policy.ts';
import { type Shape, type Slot, slotsOf } from './schema-shape.ts';
import { isHidden, showSetting } from './show-setting.ts';

/** Settings that are compared item by item, by their names. */
const BY_NAME = new Set(['issuers', 'clients']);

const POLICY = slotsOf(unlistedPolicySchema);

/**
 * The differences between two configurations, one line per key of the file. No secret is shown. With many clients it takes
 * long, and lets requests be served meanwhile.
 */
export async function describeChanges(previous: Config, next: Config): Promise<string[]> {
  return [
    ...compareSlots(previous, next, slotsOf(gatewaySchema)),
    ...(await byName(named(previous.issuers), named(next.issuers), 'issuer', issuerChanges)),
  ];
}

function named(issuers: readonly IssuerConfig[]) {
  return issuers.map((issuer) => [issuer.name, issuer] as const);
}

async function issuerChanges(before: IssuerConfig, after: IssuerConfig): Promise<string[]> {
  const policyChanges = policyComparer(before.clients, after.clients);
  const unlisted = policyChanges(before.clients.unlisted, after.clients.unlisted);
  return [
    ...compareSlots(before, after, slotsOf(issuerSchema)),
    ...unlisted.map((change) => `unlisted_clients: ${change}`),
    ...(await byName(before.clients.listed, after.clients.listed, 'client', policyChanges)),
  ];
}

/** Compares what entries mean together with their `defaults`. */
function policyComparer(before: PolicyEntries, after: PolicyEntries) {
  const isSame = (key: 'defaults' | 'builtIn') => isDeepStrictEqual(before[key], after[key]);
  const inheritSame = isSame('defaults') && isSame('builtIn');
  const [mergeOld, mergeNew] = [policyMerger(before), policyMerger(after)];
  return (one: PolicyEntry, other: PolicyEntry) =>
    inheritSame && isDeepStrictEqual(one, other)
      ? []
      : compareSlots(mergeOld('', one), mergeNew('', other), POLICY);
}

/** Items that are compared in one turn of the event loop. */
const BATCH = 200;

async function byName<T>(
  before: Iterable<readonly [name: string, item: T]>,
  after: Iterable<readonly [name: string, item: T]>,
  kind: string,
  changesOf: (one: T, other: T) => readonly string[] | Promise<readonly string[]>,
): Promise<string[]> {
  const gone = new Map(before);
  const changes: string[] = [];
  let compared = 0;
  for (const [name, item] of after) {
    const old = gone.get(name);
    gone.delete(name);
    const own = old === undefined ? ['added'] : await changesOf(old, item);
    changes.push(...own.map((change) => `${kind} ${name}: ${change}`));
    compared += 1;
    if (compared % BATCH === 0) await nextTurn();
  }
  return [...changes, ...[...gone.keys()].map((name) => `${kind} ${name}: removed`)];
}

/** Settings whose name in `Config` differs from the one in `schema/`. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  url: 'origin',
  publicUrl: 'publicOrigin',
};

function compareSlots(
  before: object,
  after: object,
  slots: ReadonlyMap<string, Slot>,
  parent = '',
): string[] {
  return [...slots].flatMap(([key, { name, shape }]) => {
    if (BY_NAME.has(name)) return [];
    const other = OTHER_NAMES[name] ?? name;
    const [one, two] = [before, after].map(
      (settings) => Reflect.get(settings, name) ?? Reflect.get(settings, other),
    );
    return compare(parent + key, one, two, shape);
  });
}

function compare(path: string, before: unknown, after: unknown, shape: Shape): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  const mapping = shape.kind === 'scalar' ? shape.orMapping : shape;
  if (mapping?.kind === 'mapping' && isMapping(before) && isMapping(after)) {
    return compareSlots(before, after, mapping.slots, `${path}.`);
  }
  const isTold = !isHidden(shape) && !isMapping(before) && !isMapping(after);
  return [isTold ? `${path} ${show(before, shape)} → ${show(after, shape)}` : `${path} changed`];
}

function show(value: unknown, shape: Shape): string {
  const shown = showSetting(value, shape) ?? 'none';
  const text = typeof shown === 'string' ? shown : JSON.stringify(shown);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
