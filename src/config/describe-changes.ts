import { isDeepStrictEqual } from 'node:util';
import { inTurns } from '../in-turns.ts';
import { type PolicyEntries, policyMerger } from '../policy/merge-policies.ts';
import type { PolicyEntry } from './client-policies.ts';
import type { Config, IssuerConfig } from './config.ts';
import { gatewaySchema } from './schema/gateway.ts';
import { issuerSchema } from './schema/issuer.ts';
import { unlistedPolicySchema } from './schema/policy.ts';
import { type Shape, type Slot, slotsOf } from './schema-shape.ts';
import { isHidden, showSetting } from './show-settings.ts';

/** Settings that are compared item by item, by their names. */
const BY_NAME = new Set(['issuers', 'clients']);

const POLICY = slotsOf(unlistedPolicySchema);

/** The differences between two configurations, one line per key of the file. No secret is shown. Requests are served meanwhile. */
export function describeChanges(previous: Config, next: Config): Promise<string[]> {
  return inTurns(configChanges(previous, next));
}

function* configChanges(before: Config, after: Config): Generator<void, string[]> {
  return [
    ...compareSlots(before, after, slotsOf(gatewaySchema)),
    ...(yield* byName(named(before.issuers), named(after.issuers), 'issuer', issuerChanges)),
  ];
}

function named(issuers: readonly IssuerConfig[]): Named<IssuerConfig> {
  return issuers.map((issuer) => [issuer.name, issuer]);
}

function* issuerChanges(before: IssuerConfig, after: IssuerConfig): Generator<void, string[]> {
  const policyChanges = policyComparer(before.clients, after.clients);
  const unlisted = yield* policyChanges(before.clients.unlisted, after.clients.unlisted);
  return [
    ...compareSlots(before, after, slotsOf(issuerSchema)),
    ...unlisted.map((change) => `unlisted_clients: ${change}`),
    ...(yield* byName(before.clients.listed, after.clients.listed, 'client', policyChanges)),
  ];
}

/** Compares what entries mean together with their `defaults`. */
function policyComparer(before: PolicyEntries, after: PolicyEntries) {
  const isSame = (key: 'defaults' | 'builtIn') => isDeepStrictEqual(before[key], after[key]);
  const inheritSame = isSame('defaults') && isSame('builtIn');
  const [mergeOld, mergeNew] = [policyMerger(before), policyMerger(after)];
  return function* (one: PolicyEntry, other: PolicyEntry): Generator<void, string[]> {
    yield;
    if (inheritSame && isDeepStrictEqual(one, other)) return [];
    return compareSlots(mergeOld('', one), mergeNew('', other), POLICY);
  };
}

type Named<T> = readonly (readonly [name: string, item: T])[];

function* byName<T>(
  before: Named<T>,
  after: Named<T>,
  kind: string,
  changesOf: (one: T, other: T) => Generator<void, string[]>,
): Generator<void, string[]> {
  const changes: string[] = [];
  const note = (name: string, own: readonly string[]) => {
    for (const change of own) changes.push(`${kind} ${name}: ${change}`);
  };
  // Usually most items are where they were, and need no look-up.
  let start = 0;
  for (const [name, item] of after) {
    const [oldName, old] = before[start] ?? [];
    if (oldName !== name) break;
    note(name, yield* changesOf(old as T, item));
    start += 1;
  }
  const gone = new Map<string, T>();
  for (const [name, item] of before.slice(start)) {
    gone.set(name, item);
    yield;
  }
  for (const [name, item] of after.slice(start)) {
    const old = gone.get(name);
    gone.delete(name);
    note(name, old === undefined ? ['added'] : yield* changesOf(old, item));
  }
  for (const name of gone.keys()) note(name, ['removed']);
  return changes;
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
