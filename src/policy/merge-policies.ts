import type { PolicyEntry, PolicySettings } from '../config/client-policies.ts';
import { type ClientPolicies, type ClientPolicy, UNLISTED } from './client-policy.ts';

/** The policies of one issuer as they are written: compact, because there may be many clients. */
export type PolicyEntries = Inherited & {
  readonly listed: readonly (readonly [name: string, entry: PolicyEntry])[];
  /** For every client without an entry. */
  readonly unlisted: PolicyEntry;
};

/** What an entry does not say comes from `defaults`, and what that does not say either is built in. */
type Inherited = { readonly defaults: PolicyEntry; readonly builtIn: PolicySettings };

/** The policies with all settings. That of a listed client is merged when it is iterated over. */
export function mergePolicies(entries: PolicyEntries): ClientPolicies {
  const merge = policyMerger(entries);
  return {
    listed: {
      *[Symbol.iterator]() {
        for (const [name, entry] of entries.listed) yield merge(name, entry);
      },
    },
    unlisted: merge(UNLISTED, entries.unlisted),
  };
}

/** Merges single entries of an issuer. */
export function policyMerger(inherited: Inherited): (name: string, entry: PolicyEntry) => ClientPolicy {
  const merge = settingsMerger(inherited);
  return (name, entry) => {
    const settings = merge(entry);
    const { cors = { origins: httpsOrigins(settings.redirectUris ?? []) } } = settings;
    return { ...settings, name, cors, entry };
  };
}

/** The value in the entry, else the one in `defaults`, else the built-in value; each setting as a whole. */
export function settingsMerger({
  defaults,
  builtIn,
}: Inherited): (entry: PolicyEntry) => PolicySettings & Pick<ClientPolicy, 'inherited'> {
  // An entry with its own `mode: report` or `off` does not take the enforcement settings of `defaults`.
  const { enforceFrom: _from, enforcePercent: _percent, ...others } = defaults;
  const whole = { ...builtIn, ...defaults, inherited: defaults } as PolicySettings;
  const unenforced = { ...builtIn, ...others, inherited: others } as PolicySettings;
  return (entry) => {
    const { mode = 'enforce' } = entry;
    return { ...(mode === 'enforce' ? whole : unenforced), ...entry } as PolicySettings;
  };
}

function httpsOrigins(redirectUris: readonly string[]): string[] {
  const https = redirectUris.filter((uri) => /^https:/i.test(uri));
  return [...new Set(https.map((uri) => new URL(uri).origin))];
}
