import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
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
    ...(await byName(previous.issuers, next.issuers, 'issuer', issuerChanges)),
  ];
}

async function issuerChanges(before: IssuerConfig, after: IssuerConfig): Promise<string[]> {
  const { listed, unlisted } = after.clients;
  return [
    ...compareSlots(before, after, slotsOf(issuerSchema)),
    ...compareSlots(before.clients.unlisted, unlisted, POLICY).map((change) => `unlisted_clients: ${change}`),
    ...(await byName(before.clients.listed, listed, 'client', (one, other) =>
      compareSlots(one, other, POLICY),
    )),
  ];
}

/** Items that are compared in one turn of the event loop. */
const BATCH = 200;

async function byName<T extends { readonly name: string }>(
  before: readonly T[],
  after: readonly T[],
  kind: string,
  changesOf: (one: T, other: T) => readonly string[] | Promise<readonly string[]>,
): Promise<string[]> {
  const olds = new Map(before.map((item) => [item.name, item]));
  const news = new Map(after.map((item) => [item.name, item]));
  const changes: string[] = [];
  let compared = 0;
  for (const [name, item] of news) {
    const old = olds.get(name);
    const own = old === undefined ? ['added'] : await changesOf(old, item);
    changes.push(...own.map((change) => `${kind} ${name}: ${change}`));
    compared += 1;
    if (compared % BATCH === 0) await nextTurn();
  }
  const gone = [...olds.keys()].filter((name) => !news.has(name));
  return [...changes, ...gone.map((name) => `${kind} ${name}: removed`)];
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
