import type { ClientPolicies, ClientPolicy } from '../policy/client-policy.ts';
import type { Config, IssuerConfig } from './config.ts';

/** What a configuration changes of the one before, a line each, in the words of the file. No secret is told. */
export function describeChanges(previous: Config, next: Config): string[] {
  const { issuers: before, ...settings } = previous;
  const { issuers: after, ...nextSettings } = next;
  return [
    ...compare('', settings, nextSettings),
    ...byName(
      before,
      after,
      (name) => `issuer ${name}`,
      (one, other) => issuerChanges(one, other),
    ),
  ];
}

function issuerChanges(before: IssuerConfig, after: IssuerConfig): string[] {
  const { clients: _before, ...settings } = before;
  const { clients: _after, ...nextSettings } = after;
  return [
    ...compare('', settings, nextSettings),
    ...policyChanges('unlisted_clients', before.clients.unlisted, after.clients.unlisted),
    ...clientChanges(before.clients, after.clients),
  ];
}

function clientChanges({ listed: before }: ClientPolicies, { listed: after }: ClientPolicies): string[] {
  return byName(
    before,
    after,
    (name) => `client ${name}`,
    (one, other) => compare('', one, other),
  );
}

function policyChanges(what: string, before: ClientPolicy, after: ClientPolicy): string[] {
  return compare('', before, after).map((change) => `${what}: ${change}`);
}

function byName<T extends { readonly name: string }>(
  before: readonly T[],
  after: readonly T[],
  title: (name: string) => string,
  changesOf: (one: T, other: T) => readonly string[],
): string[] {
  const olds = new Map(before.map((item) => [item.name, item]));
  const news = new Map(after.map((item) => [item.name, item]));
  const changes: string[] = [];
  for (const [name, item] of news) {
    const old = olds.get(name);
    if (old === undefined) changes.push(`${title(name)}: added`);
    else changes.push(...changesOf(old, item).map((change) => `${title(name)}: ${change}`));
  }
  for (const name of olds.keys()) if (!news.has(name)) changes.push(`${title(name)}: removed`);
  return changes;
}

/** Values that are secrets, or too long to be read: only that they changed is told. */
const UNTOLD = new Set(['inject_secret', 'token', 'keys', 'password', 'username', 'key', 'cert', 'ca']);
/** Names that are others in the file. */
const FILE_NAMES: Readonly<Record<string, string>> = {
  publicOrigin: 'public_url',
  origin: 'url',
  corsOrigins: 'cors',
};

function compare(path: string, before: unknown, after: unknown): string[] {
  if (isSection(before) && isSection(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) =>
      compare(path === '' ? fileName(key) : `${path}.${fileName(key)}`, before[key], after[key]),
    );
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const name = path.split('.').at(-1) ?? '';
  if (UNTOLD.has(name) || isSection(before) || isSection(after)) return [`${path} changed`];
  // A Redis URL may hold a password.
  if (path === 'store.url') return ['store.redis.url changed'];
  return [`${path} ${show(name, before)} → ${show(name, after)}`];
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fileName(key: string): string {
  return FILE_NAMES[key] ?? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const DURATION = /(_ttl|timeout|^drain|^delay|^connect|^response)$/;

function show(name: string, value: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value === 'number' && name === 'enforce_from') return new Date(value).toISOString();
  if (typeof value === 'number' && DURATION.test(name)) return duration(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

function duration(milliseconds: number): string {
  const units = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const [unit, size] =
    units.find(([, size]) => milliseconds >= size && milliseconds % size === 0) ?? (['ms', 1] as const);
  return `${milliseconds / size}${unit}`;
}
