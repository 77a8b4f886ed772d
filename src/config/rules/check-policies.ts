import { carriesCode, carriesIdToken } from '../../oauth/authorization-request.ts';
import { foldClientId } from '../../oauth/fold-text.ts';
import { isJwtMode } from '../../oauth/response-mode.ts';
import { isPattern } from '../../policy/client-policy.ts';
import { settingsMerger } from '../../policy/merge-policies.ts';
import { BUILT_IN_POLICY, type PolicyEntry, type PolicySettings } from '../client-policies.ts';
import type { IssuerDraft } from '../config.ts';
import type { Diagnostics } from '../diagnostics.ts';
import { closestWord } from '../did-you-mean.ts';
import { policySchema, unlistedPolicySchema } from '../schema/policy.ts';
import { isPlainHttp } from '../schema/uris.ts';
import type { Draft } from '../settings.ts';
import { withRule } from './rule.ts';

/** Grant types without a URI as a name. Servers may have others of their own. */
const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials', 'password', 'implicit'];

/** Rules for an entry by itself, independent of what it inherits. */
function checkOwn(
  { redirectUris, responseTypes = [], grantTypes }: Draft<PolicyEntry>,
  diagnostics: Diagnostics,
): void {
  for (const [index, type = ''] of grantTypes?.entries() ?? []) {
    const meant = closestWord(type, GRANT_TYPES) ?? type;
    if (meant !== type)
      diagnostics.warning(
        ['grant_types', index],
        `no grant type of OAuth has this name (did you mean ${meant}?)`,
      );
  }
  for (const [index, uri] of redirectUris?.entries() ?? []) {
    if (uri !== undefined && isPlainHttp(uri))
      diagnostics.warning(['redirect_uris', index], 'plain http: others can read codes on the network');
  }
  const withCode = responseTypes.filter((type) => type === undefined || carriesCode(type));
  for (const [index, type] of responseTypes.entries()) {
    if (!withCode.includes(type))
      diagnostics.warning(['response_types', index], 'has no code, so PKCE cannot protect it');
  }
  if (responseTypes.length > 0 && withCode.length === 0)
    diagnostics.problem(['response_types'], 'must contain a type with `code`');
}

withRule(policySchema, checkOwn);
withRule(unlistedPolicySchema, checkOwn);

/** A policy entry of an issuer; an invalid value is `undefined`. */
type WrittenPolicy = {
  readonly kind: 'defaults' | 'unlisted_clients' | 'clients';
  /** The path below the issuer. */
  readonly path: readonly string[];
  readonly entry: PolicyEntry;
  /** The entry, completed by `defaults` and built-in values. */
  readonly merged: PolicySettings;
};

function* policyEntries(issuer: IssuerDraft): Generator<WrittenPolicy> {
  const { defaults = {}, unlistedClients, clients = [] } = issuer;
  const merge = settingsMerger({ defaults: defaults as PolicyEntry, builtIn: BUILT_IN_POLICY });
  const written = (draft: Draft<PolicyEntry>, kind: WrittenPolicy['kind'], ...below: string[]) => {
    const entry = draft as PolicyEntry;
    return { kind, path: [kind, ...below], entry, merged: merge(entry) };
  };
  yield written(defaults, 'defaults');
  if (unlistedClients !== undefined) yield written(unlistedClients, 'unlisted_clients');
  for (const [id, entry] of clients) if (entry !== undefined) yield written(entry, 'clients', id);
}

/** Checks what an entry inherits, and the clients of an issuer together. */
export function checkPolicies(issuer: IssuerDraft, diagnostics: Diagnostics): void {
  const unowned: string[] = [];
  for (const written of policyEntries(issuer)) {
    const { kind, path, merged } = written;
    const below = diagnostics.below(...path);
    checkMode(written, below);
    checkRedirectUris(written, below);
    checkShare(written, below);
    checkManyClients(written, below);
    if (kind === 'clients' && merged.mode === 'enforce' && !('redirectUris' in merged))
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

/** A flow with a preserved state is also found by its client_id, which only an id_token or a signed response names. */
function checkManyClients({ kind, path, entry, merged }: WrittenPolicy, diagnostics: Diagnostics): void {
  const { state, mode } = merged;
  const isForMany = kind === 'unlisted_clients' || (kind === 'clients' && isPattern(path.at(-1) as string));
  if (!isForMany || state !== 'preserve' || mode === 'off' || mode === 'reject') return;
  diagnostics.warning(
    'state' in entry ? ['state'] : [],
    '`state: preserve` for many clients: a code whose response does not name its client belongs to no login there, and is refused in enforce; list each client',
    'state' in entry ? undefined : 'key',
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

const OUTCOME = {
  enforce: 'the sealed store cannot follow it, so these logins are refused',
  report: 'the sealed store cannot follow it, so these logins pass unseen',
} as const;

/** Settings of a client that need a store with records, reported at the client's entry. */
export function checkSealedPolicies(issuer: IssuerDraft, diagnostics: Diagnostics): void {
  for (const { path, entry, merged } of policyEntries(issuer)) {
    const { mode } = merged;
    if (mode === 'off' || mode === 'reject') continue;
    const say = (key: string, what: string, ...index: number[]) =>
      diagnostics.warning(
        [...path, key, ...index],
        `${what} needs \`store.kind: redis\` or \`memory\`: ${OUTCOME[mode]}`,
      );
    if (entry.state === 'preserve') say('state', '`preserve`');
    if (entry.wrapCodes === false) say('wrap_codes', '`false`');
    if (entry.requestObjects === 'allow') say('request_objects', 'a state in a signed request object');
    for (const [index, type] of entry.responseTypes?.entries() ?? [])
      if (type !== undefined && carriesIdToken(type)) say('response_types', 'a type with an id_token', index);
    for (const [index, responseMode] of entry.responseModes?.entries() ?? [])
      if (isJwtMode(responseMode)) say('response_modes', 'a signed response', index);
  }
}
