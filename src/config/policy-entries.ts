import { settingsMerger } from '../policy/merge-policies.ts';
import { BUILT_IN_POLICY, type PolicyEntry, type PolicySettings } from './client-policies.ts';
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
  const { defaults = {}, unlistedClients, clients = [] } = issuer;
  const merge = settingsMerger({ defaults: defaults as PolicyEntry, builtIn: BUILT_IN_POLICY });
  const written = (kind: WrittenPolicy['kind'], path: ValuePath, draft: unknown): WrittenPolicy => {
    const entry = draft as PolicyEntry;
    return { kind, path, entry, merged: merge(entry) };
  };
  yield written('defaults', ['defaults'], defaults);
  if (unlistedClients !== undefined) yield written('unlisted', ['unlisted_clients'], unlistedClients);
  for (const [id, entry] of clients) if (entry !== undefined) yield written('client', ['clients', id], entry);
}
