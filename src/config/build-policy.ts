import { type ClientPolicies, type ClientPolicy, UNLISTED } from '../policy/client-policy.ts';
import { effectiveSettings } from './effective-settings.ts';
import type { IssuerEntry } from './schema/gateway.ts';
import type { PolicyEntry, UnlistedPolicyEntry } from './schema/policy.ts';

export function buildPolicies({ clients, unlisted_clients, defaults }: IssuerEntry): ClientPolicies {
  return {
    listed: Object.entries(clients).map(([name, entry]) => buildPolicy(name, entry, defaults)),
    unlisted: buildPolicy(UNLISTED, unlisted_clients, defaults),
  };
}

export function buildPolicy(name: string, entry: UnlistedPolicyEntry, defaults: PolicyEntry): ClientPolicy {
  const settings = effectiveSettings(entry, defaults);
  return {
    name,
    description: settings.description,
    owner: settings.owner,
    mode: settings.mode,
    enforceFrom: settings.enforce_from,
    enforcePercent: settings.enforce_percent,
    methods: settings.methods,
    redirectUris: settings.redirect_uris,
    responseTypes: settings.response_types,
    responseModes: settings.response_modes,
    grantTypes: settings.grant_types,
    requestObjects: settings.request_objects,
    flowTtl: settings.flow_ttl,
    codeTtl: settings.code_ttl,
    maxAttempts: settings.max_attempts,
    wrapCodes: settings.wrap_codes,
    state: settings.state,
    onStoreFailure: settings.on_store_failure,
    corsOrigins: settings.cors?.origins ?? httpsOrigins(settings.redirect_uris ?? []),
    injectSecret: settings.inject_secret,
  };
}

function httpsOrigins(redirectUris: readonly string[]): string[] {
  const https = redirectUris.filter((uri) => /^https:/i.test(uri));
  return [...new Set(https.map((uri) => new URL(uri).origin))];
}
