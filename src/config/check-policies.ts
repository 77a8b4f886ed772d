import { foldClientId } from '../oauth/client-id.ts';
import { ENFORCEMENT_KEYS, effectiveSettings } from './effective-settings.ts';
import type { Findings } from './findings.ts';
import type { ValuePath } from './problem.ts';
import type { IssuerEntry } from './schema/gateway.ts';
import type { PolicyEntry, UnlistedPolicyEntry } from './schema/policy.ts';
import { isPlainHttp } from './schema/redirect-uri.ts';
import { carriesCode } from './schema/response-type.ts';
import { valueAt } from './schema-walk.ts';
import type { ValidPart } from './valid-part.ts';

type Settings = ValidPart<UnlistedPolicyEntry>;

export function checkPolicies(
  { defaults = {}, unlisted_clients, clients }: ValidPart<IssuerEntry>,
  { path, raw }: { path: ValuePath; raw: unknown },
  findings: Findings,
): void {
  const rawIssuer = valueAt(raw, path);
  const check = (entry: Settings | undefined, key: readonly string[], inherited: Settings) => {
    if (entry === undefined) return;
    const entryPath = [...path, ...key];
    checkMode(entry, inherited, entryPath, findings);
    checkState(entry, inherited, entryPath, findings);
    checkShare(entry, inherited, entryPath, findings);
    checkOwn(entry, entryPath, findings);
    if (
      entry.inject_secret !== undefined &&
      typeof valueAt(rawIssuer, [...key, 'inject_secret']) === 'string'
    ) {
      findings.warning(
        [...entryPath, 'inject_secret'],
        'a secret in clear: write {from_env: NAME} or {from_file: PATH}',
      );
    }
  };
  check(defaults, ['defaults'], {});
  check(unlisted_clients, ['unlisted_clients'], defaults);
  for (const [id, entry] of Object.entries(clients ?? {})) check(entry, ['clients', id], defaults);
  checkAlikeIds(Object.keys(clients ?? {}), [...path, 'clients'], findings);
}

/** Many servers take client ids for one that differ in case, blanks or width only. */
function checkAlikeIds(ids: readonly string[], path: ValuePath, findings: Findings): void {
  const seen = new Map<string, string>();
  for (const id of ids) {
    const folded = foldClientId(id);
    const other = seen.get(folded);
    if (other === undefined) seen.set(folded, id);
    else {
      findings.warning(
        [...path, id],
        `some servers take this client_id for ${JSON.stringify(other)}: the stricter of the two policies holds for both`,
      );
    }
  }
}

const ONLY_REPORTED = {
  enforce_from: 'violations are only reported until this moment',
  enforce_percent: 'violations are only reported in the rest of the logins',
} as const;

function checkMode(entry: Settings, defaults: Settings, path: ValuePath, findings: Findings): void {
  const { mode } = merged(entry, defaults);
  if (mode === undefined || mode === 'enforce') return;
  for (const key of ENFORCEMENT_KEYS) {
    if (entry[key] === undefined) continue;
    findings.problem(
      [...path, key],
      `needs \`mode: enforce\`, and the mode is ${mode}${'mode' in entry ? '' : ' (from defaults)'}: with \`mode: enforce\`, ${ONLY_REPORTED[key]}`,
    );
  }
}

function checkState(entry: Settings, defaults: Settings, path: ValuePath, findings: Findings): void {
  const { state, redirect_uris, mode } = merged(entry, defaults);
  if (state !== 'preserve' || redirect_uris !== undefined) return;
  if ('redirect_uris' in entry || 'redirect_uris' in defaults) return;
  if ('state' in entry) {
    // In defaults it is for the clients, each of which is looked at.
    if (path.at(-1) !== 'defaults') findings.problem([...path, 'state'], '`preserve` needs `redirect_uris`');
  } else if (mode !== 'off' && mode !== 'reject') {
    findings.problem(
      path,
      'takes `state: preserve` from defaults, which needs `redirect_uris`: name them, or write `state: prefix`',
      'key',
    );
  }
}

/** A flow that keeps the client's state is found by it: two that are live under one state cannot be told apart. */
function checkShare(entry: Settings, defaults: Settings, path: ValuePath, findings: Findings): void {
  const { state, mode = 'enforce', enforce_percent: percent = 100 } = merged(entry, defaults);
  if (state !== 'preserve' || mode !== 'enforce' || percent === 0 || percent === 100) return;
  const key = (['enforce_percent', 'state'] as const).find((name) => name in entry);
  if (key === undefined) return;
  findings.warning(
    [...path, key],
    '`state: preserve` with a share of the logins enforced: a login that is only reported can fail where the client uses its state twice at once',
  );
}

/** What can be said of an entry alone, so once, where it is written. */
function checkOwn(entry: Settings, path: ValuePath, findings: Findings): void {
  for (const [index, uri] of entry.redirect_uris?.entries() ?? []) {
    if (uri !== undefined && isPlainHttp(uri)) {
      findings.warning([...path, 'redirect_uris', index], 'plain http: codes can be read on their way');
    }
  }
  const types = entry.response_types ?? [];
  for (const [index, type] of types.entries()) {
    if (type !== undefined && !carriesCode(type)) {
      findings.warning([...path, 'response_types', index], 'has no code, so PKCE cannot protect it');
    }
  }
  if (types.length > 0 && types.every((type) => type !== undefined && !carriesCode(type))) {
    findings.problem([...path, 'response_types'], 'must contain a type with code');
  }
}

/** Checks read only what is valid; a value that is not stays `undefined` and says nothing. */
function merged(entry: Settings, defaults: Settings): Settings {
  return effectiveSettings(entry as UnlistedPolicyEntry, defaults as PolicyEntry);
}
