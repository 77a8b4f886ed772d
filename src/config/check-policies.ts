import { foldClientId } from '../oauth/client-id.ts';
import type { IssuerDraft } from './config.ts';
import type { Diagnostics } from './diagnostics.ts';
import { policyEntries, type WrittenPolicy } from './policy-entries.ts';

/** Checks what an entry inherits, and the clients of an issuer together. */
export function checkPolicies(issuer: IssuerDraft, diagnostics: Diagnostics): void {
  const unowned: string[] = [];
  for (const written of policyEntries(issuer)) {
    const { kind, path, merged } = written;
    const below = diagnostics.below(...path);
    checkMode(written, below);
    checkRedirectUris(written, below);
    checkShare(written, below);
    if (kind === 'client' && merged.mode === 'enforce' && !('redirectUris' in merged))
      unowned.push(path.at(-1) as string);
  }
  checkUnownedPlaces(unowned, diagnostics.below('clients'));
  checkAlikeIds(issuer.clients ?? [], diagnostics.below('clients'));
}

const ENFORCEMENT = [
  ['enforceFrom', 'enforce_from', 'violations are reported until this moment, and refused from then on'],
  ['enforcePercent', 'enforce_percent', 'this share of the logins is enforced, and the rest is reported'],
] as const;

function checkMode({ entry, merged: { mode } }: WrittenPolicy, diagnostics: Diagnostics): void {
  if (mode === undefined || mode === 'enforce') return;
  for (const [name, key, meaning] of ENFORCEMENT) {
    if (entry[name] === undefined) continue;
    const source = 'mode' in entry ? '' : ' (from defaults)';
    diagnostics.problem(
      [key],
      `needs \`mode: enforce\`, but the mode is ${mode}${source}; with \`mode: enforce\`, ${meaning}`,
    );
  }
}

function checkRedirectUris({ entry, merged, kind }: WrittenPolicy, diagnostics: Diagnostics): void {
  const { state, mode } = merged;
  if ('redirectUris' in merged || state !== 'preserve') return;
  if ('state' in entry) {
    // In `defaults` it applies to the clients, and each client is checked.
    if (kind !== 'defaults') diagnostics.problem(['state'], '`preserve` needs `redirect_uris`');
  } else if (mode !== 'off' && mode !== 'reject') {
    diagnostics.problem(
      [],
      'has `state: preserve` from defaults, which needs `redirect_uris`: add them, or set `state: prefix`',
      'key',
    );
  }
}

/** Without redirect_uris, the gateway cannot tell which codes are meant for this client. */
function checkUnownedPlaces(ids: readonly string[], diagnostics: Diagnostics): void {
  const [first, ...others] = ids;
  if (first === undefined) return;
  const further =
    others.length > 3
      ? `${others.slice(0, 2).join(', ')} and ${others.length - 2} more`
      : others.join(' and ');
  diagnostics.warning(
    [first],
    `is enforced without \`redirect_uris\`${further && `, like ${further}`}: a login under a different client_id can deliver a code to it without PKCE`,
    'key',
  );
}

/** A flow with a preserved state is found by that state: two live flows with the same state cannot be told apart. */
function checkShare({ entry, merged }: WrittenPolicy, diagnostics: Diagnostics): void {
  const { state, mode, enforcePercent: percent = 100 } = merged;
  if (state !== 'preserve' || mode !== 'enforce' || percent === 0 || percent === 100) return;
  const key = 'enforcePercent' in entry ? 'enforce_percent' : 'state' in entry ? 'state' : undefined;
  if (key === undefined) return;
  diagnostics.warning(
    [key],
    '`state: preserve` with `enforce_percent`: even a reported login can fail if the client uses the same state for two logins at once',
  );
}

/** Many servers treat client ids that differ only in case, blanks or width as the same. */
function checkAlikeIds(clients: NonNullable<IssuerDraft['clients']>, diagnostics: Diagnostics): void {
  const seen = new Map<string, string>();
  for (const [id] of clients) {
    const folded = foldClientId(id);
    const other = seen.get(folded);
    if (other === undefined) seen.set(folded, id);
    else {
      diagnostics.warning(
        [id],
        `some servers treat this client_id as ${JSON.stringify(other)}: the stricter of the two modes holds for both`,
        'key',
      );
    }
  }
}
