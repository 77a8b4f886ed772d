import { carriesIdToken } from '../oauth/authorization-request.ts';
import { isJwtMode } from '../oauth/response-mode.ts';
import { mergeSettings } from './client-policies.ts';
import type { FileSettings } from './config.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { PolicyEntry } from './policy-settings.ts';
import type { ValuePath } from './problem.ts';
import type { Draft } from './settings.ts';

/** What a store that keeps no records cannot do for a client, said where the client's entry asks for it. */
export function checkSealedPolicies(
  { defaults = {}, unlistedClients, clients = {} }: Draft<FileSettings['issuers'][number]>,
  path: ValuePath,
  diagnostics: Diagnostics,
): void {
  const check = (entry: unknown, key: readonly string[], inherited: unknown) => {
    // A value that is not valid is `undefined`, and the checks say nothing about it.
    if (entry !== undefined)
      checkEntry(entry as PolicyEntry, inherited as PolicyEntry, [...path, ...key], diagnostics);
  };
  check(defaults, ['defaults'], {});
  check(unlistedClients, ['unlisted_clients'], defaults);
  for (const [id, entry] of Object.entries(clients)) check(entry, ['clients', id], defaults);
}

/** An enforced client that asks for it is refused; in report it passes, and nothing is known of its codes. */
function checkEntry(
  entry: PolicyEntry,
  inherited: PolicyEntry,
  path: ValuePath,
  diagnostics: Diagnostics,
): void {
  const { mode } = mergeSettings(entry, inherited);
  if (mode === 'off' || mode === 'reject') return;
  const say = (key: string | readonly (string | number)[], what: string) =>
    diagnostics.warning(
      [...path, ...[key].flat()],
      `${what} needs \`store.kind: redis\` or \`memory\`: ${OUTCOME[mode]}`,
    );
  if (entry.state === 'preserve') say('state', '`preserve`');
  if (entry.wrapCodes === false) say('wrap_codes', '`false`');
  if (entry.requestObjects === 'allow') say('request_objects', 'a state in a signed request object');
  for (const [index, type] of entry.responseTypes?.entries() ?? [])
    if (type !== undefined && carriesIdToken(type)) say(['response_types', index], 'a type with an id_token');
  for (const [index, responseMode] of entry.responseModes?.entries() ?? [])
    if (isJwtMode(responseMode)) say(['response_modes', index], 'a signed response');
}

const OUTCOME = {
  enforce: 'the sealed store cannot follow it, so these logins are refused',
  report: 'the sealed store cannot follow it, so these logins pass unseen',
} as const;
