import { UNLISTED } from '../policy/client-policy.ts';
import { describeMode } from '../policy/mode.ts';
import type { Explanation } from './explanation.ts';
import type { Verdict } from './url-verdict.ts';

/** The limit of `enforce_percent` below 100. */
const PARTLY = '         this does not stop an attacker, who can try until a login is not enforced';

/** An explanation as text. */
export function renderExplanation(explanation: Explanation): string {
  const { issuer, client, entry, mode, enforcePercent, settings, verdict } = explanation;
  const named = entry === UNLISTED ? 'not listed, so unlisted_clients applies' : `entry ${entry}`;
  const rows = settings
    .filter(({ value }) => value !== undefined)
    .map(({ key, value, from, at }) => [
      key,
      show(value),
      at === undefined ? (from ?? '') : `${at} (${from})`,
    ]);
  return [
    `issuer   ${issuer.name} (${issuer.at}), in front of ${issuer.upstream}`,
    `client   ${client === undefined ? 'unknown: the request has no client_id, or several' : `${client} (${named})`}`,
    `mode     ${describeMode(mode, enforcePercent)}`,
    ...(mode === 'enforce' && enforcePercent < 100 ? [PARTLY] : []),
    '',
    ...columns([['setting', 'value', 'from'], ...rows]),
    ...(verdict === undefined ? [] : ['', ...renderVerdict(verdict)]),
  ].join('\n');
}

function renderVerdict(verdict: Verdict): string[] {
  const { endpoint, reason, description, refusedFrom, refusedPercent } = verdict;
  const place =
    endpoint ??
    'unknown, because the metadata of the upstream cannot be read (see `doctor`); judged as an authorization request';
  const why = reason === undefined ? '' : `: ${reason}: ${description}`;
  return [`endpoint ${place}`, `verdict  ${saying(verdict)}${why}`].concat(
    refusedFrom === undefined ? [] : [`         ${share(refusedPercent)} from ${refusedFrom} on`],
  );
}

function saying({ outcome, mode, refusedPercent, authorizationPaths }: Verdict): string {
  switch (outcome) {
    case 'passes':
      return 'accepted';
    case 'refused':
      return share(refusedPercent);
    case 'reported':
      return 'accepted, and reported';
    case 'depends':
      return 'accepted, if its request_uri was pushed through the gateway';
    case 'not_judged':
      return mode === 'off'
        ? 'accepted: requests of this client are not judged'
        : `none: this is not an authorization request. Those go to ${authorizationPaths.join(', ')}`;
  }
}

function share(refusedPercent: number): string {
  return refusedPercent === 100
    ? 'refused'
    : `refused in ${refusedPercent}% of the logins, accepted and reported in the others`;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return String(value);
}

/** Aligns the columns: each cell except the last of a row is as wide as its column, up to a limit. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1].map((column) =>
    Math.min(40, Math.max(...rows.map((row) => row[column]?.length ?? 0))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
