import { mergeSettings, type PolicyEntry, type PolicySettings } from './client-policies.ts';
import type { IssuerDraft } from './config.ts';
import type { ValuePath } from './problem.ts';

/** A policy entry of an issuer under check; an invalid value is `undefined`. */
export type WrittenPolicy = {
  readonly kind: 'defaults' | 'unlisted' | 'client';
  /** The path below the issuer. */
  readonly path: ValuePath;
  readonly entry: PolicyEntry;
  /** The entry, completed by `defaults` and built-in values. */
  readonly merged: PolicySettings;
};

/** `defaults`, `unlisted_clients` and each client. */
export function* policyEntries(issuer: IssuerDraft): Generator<WrittenPolicy> {
  const { defaults = {}, unlistedClients, clients = {} } = issuer;
  const written = (kind: WrittenPolicy['kind'], path: ValuePath, entry: unknown, inherited: unknown) => {
    const merged = mergeSettings(entry as PolicyEntry, inherited as PolicyEntry);
    return { kind, path, entry: entry as PolicyEntry, merged };
  };
  yield written('defaults', ['defaults'], defaults, {});
  if (unlistedClients !== undefined)
    yield written('unlisted', ['unlisted_clients'], unlistedClients, defaults);
  for (const [id, entry] of Object.entries(clients))
    if (entry !== undefined) yield written('client', ['clients', id], entry, defaults);
}
