import { UNLISTED } from '../policy/client-policy.ts';
import { describeMode } from '../policy/mode.ts';
import type { Explanation } from './explain.ts';
import type { Verdict } from './url-verdict.ts';

/** What `enforce_percent` does not do. */
const PARTLY =
  '         an attacker can try until a login is drawn that is not enforced: this protects nobody yet';

/** An explanation for people. */
export function renderExplanation(explanation: Explanation): string {
  const { issuer, client, entry, mode, enforcePercent, settings, verdict } = explanation;
  const named = entry === UNLISTED ? 'not listed: unlisted_clients' : `entry ${entry}`;
  const rows = settings
    .filter(({ value }) => value !== undefined)
    .map(({ key, value, from, at }) => [
      key,
      show(value),
      at === undefined ? (from ?? '') : `${at} (${from})`,
    ]);
  return [
    `issuer   ${issuer.name} (${issuer.at}), in front of ${issuer.upstream}`,
    `client   ${client === undefined ? 'none that can be told' : `${client} (${named})`}`,
    `mode     ${describeMode(mode, enforcePercent)}`,
    ...(mode === 'enforce' && enforcePercent < 100 ? [PARTLY] : []),
    '',
    ...columns([['setting', 'value', 'from'], ...rows]),
    ...(verdict === undefined ? [] : ['', ...renderVerdict(verdict)]),
  ].join('\n');
}

function renderVerdict(verdict: Verdict): string[] {
  const { endpoint, outcome, reason, description, refusedFrom, refusedPercent, mode } = verdict;
  const place = endpoint ?? 'not known, as the upstream does not tell; taken for an authorization request';
  const why = reason === undefined ? '' : `: ${reason}: ${description}`;
  return [`endpoint ${place}`, `verdict  ${saying(outcome, mode, refusedPercent)}${why}`].concat(
    refusedFrom === undefined ? [] : [`         ${share(refusedPercent)} from ${refusedFrom} on`],
  );
}

function saying(outcome: Verdict['outcome'], mode: string, refusedPercent: number): string {
  switch (outcome) {
    case 'passes':
      return 'goes on: nothing is wrong with it';
    case 'refused':
      return share(refusedPercent);
    case 'reported':
      return 'goes on, and is reported';
    case 'depends':
      return 'goes on, if its request_uri was pushed through the gateway and not used yet';
    case 'not_judged':
      return mode === 'off'
        ? 'goes on: this client is not looked at'
        : 'goes on: not an authorization request';
  }
}

function share(refusedPercent: number): string {
  return refusedPercent === 100
    ? 'refused'
    : `refused in ${refusedPercent}% of the logins; the others go on, and are reported`;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return String(value);
}

/** Every cell but the last of a row as wide as the widest of its column, up to a limit. */
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
