import { carriesIdToken } from '../oauth/authorization-request.ts';
import { isJwtMode } from '../oauth/response-mode.ts';
import type { IssuerDraft } from './config.ts';
import type { Diagnostics } from './diagnostics.ts';
import { policyEntries, type WrittenPolicy } from './policy-entries.ts';

const OUTCOME = {
  enforce: 'the sealed store cannot follow it, so these logins are refused',
  report: 'the sealed store cannot follow it, so these logins pass unseen',
} as const;

/** Settings of a client that need a store with records, reported at the client's entry. */
export function checkSealedPolicies(issuer: IssuerDraft, diagnostics: Diagnostics): void {
  for (const written of policyEntries(issuer)) checkEntry(written, diagnostics.below(...written.path));
}

/** In enforce, such a client is a problem; in report, its requests pass, and its codes stay unknown. */
function checkEntry({ entry, merged: { mode } }: WrittenPolicy, diagnostics: Diagnostics): void {
  if (mode === 'off' || mode === 'reject') return;
  const say = (key: string | readonly (string | number)[], what: string) =>
    diagnostics.warning([key].flat(), `${what} needs \`store.kind: redis\` or \`memory\`: ${OUTCOME[mode]}`);
  if (entry.state === 'preserve') say('state', '`preserve`');
  if (entry.wrapCodes === false) say('wrap_codes', '`false`');
  if (entry.requestObjects === 'allow') say('request_objects', 'a state in a signed request object');
  for (const [index, type] of entry.responseTypes?.entries() ?? [])
    if (type !== undefined && carriesIdToken(type)) say(['response_types', index], 'a type with an id_token');
  for (const [index, responseMode] of entry.responseModes?.entries() ?? [])
    if (isJwtMode(responseMode)) say(['response_modes', index], 'a signed response');
}
