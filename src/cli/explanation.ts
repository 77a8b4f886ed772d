import type { IssuerConfig } from '../config/config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { formatPosition } from '../config/problem.ts';
import { showPolicy } from '../config/show-settings.ts';
import { type ClientPolicy, effectiveMode, UNLISTED } from '../policy/client-policy.ts';
import { describeMode } from '../policy/mode.ts';
import type { Verdict } from './url-verdict.ts';

/** The explanation of a client, as `--format json` prints it. */
type Explanation = ReturnType<typeof explain>;

/** Every setting of a client with its position in the file, and the verdict on its request. */
export function explain(
  loaded: LoadedConfig,
  facts: {
    readonly issuer: IssuerConfig;
    readonly client: string | undefined;
    readonly policy: ClientPolicy;
    readonly now: number;
    readonly verdict: Verdict | undefined;
  },
) {
  const { issuer, client, policy, now, verdict } = facts;
  const index = loaded.config.issuers.indexOf(issuer);
  const paths = {
    entry: policy.name === UNLISTED ? ['unlisted_clients'] : ['clients', policy.name],
    defaults: ['defaults'],
  };
  const settings = showPolicy(policy).map(({ key, value, origin }) => {
    const path = origin === 'entry' || origin === 'defaults' ? paths[origin] : undefined;
    const at = path && loaded.locate(['issuers', index, ...path, key], 'value');
    return { key, value, from: path?.join('.') ?? origin, at: at && formatPosition(at) };
  });
  return {
    issuer: {
      name: issuer.name,
      upstream: issuer.upstream.origin,
      at: formatPosition(loaded.locate(['issuers', index], 'key') ?? { file: '', line: 0, column: 0 }),
    },
    /** `undefined`: the request has no client_id, or two. */
    client,
    /** The entry as written, or `_unlisted`. */
    entry: policy.name,
    /** The mode in force at that moment. */
    mode: verdict?.mode ?? effectiveMode(policy, now),
    /** The share of its logins to which `enforce` applies. */
    enforcePercent: verdict?.refusedPercent ?? policy.enforcePercent,
    settings,
    verdict,
  };
}

/** The limit of `enforce_percent` below 100. */
const PARTLY = '         this does not stop an attacker, who can try until a login is not enforced';

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
