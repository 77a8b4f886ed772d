import { carriesCode } from '../oauth/authorization-request.ts';
import { foldClientId } from '../oauth/client-id.ts';
import { ENFORCEMENT_KEYS, mergeSettings } from './client-policies.ts';
import type { FileSettings } from './config.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { PolicyEntry } from './policy-settings.ts';
import type { ValuePath } from './problem.ts';
import { isPlainHttp } from './schema/redirect-uri.ts';
import type { Draft } from './settings.ts';

/** An entry that is checked: `defaults`, `unlisted_clients` or a client. */
type Checked = {
  readonly entry: PolicyEntry;
  readonly defaults: PolicyEntry;
  /** The entry, completed by `defaults` and built-in values. */
  readonly merged: PolicyEntry;
  readonly path: ValuePath;
  readonly kind: 'defaults' | 'unlisted' | 'client';
};

export function checkPolicies(
  { defaults = {}, unlistedClients, clients = {} }: Draft<FileSettings['issuers'][number]>,
  path: ValuePath,
  diagnostics: Diagnostics,
): void {
  // An invalid value is `undefined`, and the checks ignore it.
  const check = (entry: unknown, key: readonly string[], kind: Checked['kind']) => {
    if (entry === undefined) return undefined;
    const own = entry as PolicyEntry;
    const inherited = kind === 'defaults' ? {} : (defaults as PolicyEntry);
    const merged: PolicyEntry = mergeSettings(own, inherited);
    const checked = { entry: own, defaults: inherited, merged, path: [...path, ...key], kind };
    checkMode(checked, diagnostics);
    checkRedirectUris(checked, diagnostics);
    checkShare(checked, diagnostics);
    checkOwn(checked, diagnostics);
    return merged;
  };
  check(defaults, ['defaults'], 'defaults');
  check(unlistedClients, ['unlisted_clients'], 'unlisted');
  const unowned: string[] = [];
  for (const [id, entry] of Object.entries(clients)) {
    const merged = check(entry, ['clients', id], 'client');
    if (merged?.mode === 'enforce' && !('redirectUris' in merged)) unowned.push(id);
  }
  checkUnownedPlaces(unowned, [...path, 'clients'], diagnostics);
  checkAlikeIds(Object.keys(clients), [...path, 'clients'], diagnostics);
}

const ENFORCEMENT = {
  enforceFrom: ['enforce_from', 'violations are reported until this moment, and refused from then on'],
  enforcePercent: ['enforce_percent', 'this share of the logins is enforced, and the rest is reported'],
} as const;

function checkMode({ entry, merged: { mode }, path }: Checked, diagnostics: Diagnostics): void {
  if (mode === undefined || mode === 'enforce') return;
  for (const name of ENFORCEMENT_KEYS) {
    if (entry[name] === undefined) continue;
    const [key, meaning] = ENFORCEMENT[name];
    const source = 'mode' in entry ? '' : ' (from defaults)';
    diagnostics.problem(
      [...path, key],
      `needs \`mode: enforce\`, but the mode is ${mode}${source}; with \`mode: enforce\`, ${meaning}`,
    );
  }
}

function checkRedirectUris({ entry, merged, path, kind }: Checked, diagnostics: Diagnostics): void {
  if ('redirectUris' in merged) return;
  const { state, mode } = merged;
  if (state === 'preserve' && 'state' in entry) {
    // In `defaults` it applies to the clients, and each client is checked.
    if (kind !== 'defaults') diagnostics.problem([...path, 'state'], '`preserve` needs `redirect_uris`');
  } else if (state === 'preserve' && mode !== 'off' && mode !== 'reject') {
    diagnostics.problem(
      path,
      'has `state: preserve` from defaults, which needs `redirect_uris`: add them, or set `state: prefix`',
      'key',
    );
  }
}

/** Without redirect_uris, the gateway cannot tell which codes are meant for this client. */
function checkUnownedPlaces(ids: readonly string[], path: ValuePath, diagnostics: Diagnostics): void {
  const [first, ...others] = ids;
  if (first === undefined) return;
  const further =
    others.length > 3
      ? `${others.slice(0, 2).join(', ')} and ${others.length - 2} more`
      : others.join(' and ');
  diagnostics.warning(
    [...path, first],
    `is enforced without \`redirect_uris\`${further && `, like ${further}`}: a login under a different client_id can deliver a code to it without PKCE`,
    'key',
  );
}

/** A flow with a preserved state is found by that state: two live flows with the same state cannot be told apart. */
function checkShare({ entry, merged, path }: Checked, diagnostics: Diagnostics): void {
  const { state, mode, enforcePercent: percent = 100 } = merged;
  if (state !== 'preserve' || mode !== 'enforce' || percent === 0 || percent === 100) return;
  const key = 'enforcePercent' in entry ? 'enforce_percent' : 'state' in entry ? 'state' : undefined;
  if (key === undefined) return;
  diagnostics.warning(
    [...path, key],
    '`state: preserve` with `enforce_percent`: even a reported login can fail if the client uses the same state for two logins at once',
  );
}

/** Checks of the entry itself, reported once, where it is written. */
function checkOwn({ entry, path }: Checked, diagnostics: Diagnostics): void {
  for (const [index, uri] of entry.redirectUris?.entries() ?? []) {
    if (uri !== undefined && isPlainHttp(uri)) {
      diagnostics.warning(
        [...path, 'redirect_uris', index],
        'plain http: others can read codes on the network',
      );
    }
  }
  const types = entry.responseTypes ?? [];
  const withoutCode = types.flatMap((type, index) => (type !== undefined && !carriesCode(type) ? index : []));
  for (const index of withoutCode) {
    diagnostics.warning([...path, 'response_types', index], 'has no code, so PKCE cannot protect it');
  }
  if (types.length > 0 && withoutCode.length === types.length) {
    diagnostics.problem([...path, 'response_types'], 'must contain a type with `code`');
  }
}

/** Many servers treat client ids that differ only in case, blanks or width as the same. */
function checkAlikeIds(ids: readonly string[], path: ValuePath, diagnostics: Diagnostics): void {
  const seen = new Map<string, string>();
  for (const id of ids) {
    const folded = foldClientId(id);
    const other = seen.get(folded);
    if (other === undefined) seen.set(folded, id);
    else {
      diagnostics.warning(
        [...path, id],
        `some servers treat this client_id as ${JSON.stringify(other)}: the stricter of the two modes holds for both`,
        'key',
      );
    }
  }
}
