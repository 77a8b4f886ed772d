import { UNLISTED } from '../policy/client-policy.ts';
import type { Explanation } from './explain.ts';
import type { Verdict } from './url-verdict.ts';

/** An explanation for people. */
export function renderExplanation({ issuer, client, entry, mode, settings, verdict }: Explanation): string {
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
    `mode     ${mode}`,
    '',
    ...columns([['setting', 'value', 'from'], ...rows]),
    ...(verdict === undefined ? [] : ['', ...renderVerdict(verdict)]),
  ].join('\n');
}

function renderVerdict(verdict: Verdict): string[] {
  const { endpoint, outcome, reason, description, refusedFrom, mode } = verdict;
  const place = endpoint ?? 'not known, as the upstream does not tell; taken for an authorization request';
  const why = reason === undefined ? '' : `: ${reason}: ${description}`;
  return [`endpoint ${place}`, `verdict  ${saying(outcome, mode)}${why}`].concat(
    refusedFrom === undefined ? [] : [`         refused from ${refusedFrom} on`],
  );
}

function saying(outcome: Verdict['outcome'], mode: string): string {
  switch (outcome) {
    case 'passes':
      return 'goes on: nothing is wrong with it';
    case 'refused':
      return 'refused';
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
