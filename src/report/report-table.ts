import { startOfPeriod } from '../activity/activity-store.ts';
import { UNLISTED } from '../policy/client-policy.ts';
import { VERDICTS } from '../policy/judge-readiness.ts';
import { describeMode } from '../policy/mode.ts';
import { type Report, type ReportedClient, verdictState } from './reported-client.ts';

type Column = {
  readonly title: string;
  readonly right?: true;
  readonly of: (client: ReportedClient) => string;
};

/** The longest name that leaves room for the other columns. */
const LONGEST_NAME = 40;

const COLUMNS: readonly Column[] = [
  { title: 'CLIENT', of: ({ client }) => shortened(client) },
  { title: 'MODE', of: modeText },
  { title: 'REQUESTS', right: true, of: (client) => number(client.authorization_requests) },
  {
    title: 'S256',
    right: true,
    of: ({ methods, ...client }) => share(methods.S256, client.authorization_requests),
  },
  { title: 'CODES', right: true, of: (client) => number(client.codes_bound) },
  { title: 'REDEEMED', right: true, of: (client) => share(client.codes_redeemed, client.codes_bound) },
  { title: 'VIOLATIONS', right: true, of: ({ violations }) => number(total(violations)) },
  { title: 'VERDICT', of: ({ verdict }) => visible(verdict) },
];

/** For a terminal: the verdict is the last column, so that only it is cut or wrapped. */
export function renderTable(report: Report): string {
  const clients = report.clients.filter((one) => one.client !== UNLISTED || one.verdict !== 'no traffic');
  if (clients.length === 0) return nobody(report);
  const severalIssuers = new Set(clients.map(({ issuer }) => issuer)).size > 1;
  const issuer: Column = { title: 'ISSUER', of: (client) => visible(client.issuer) };
  const columns = severalIssuers ? [issuer, ...COLUMNS] : COLUMNS;
  const rows = [
    columns.map(({ title }) => title),
    ...clients.map((client) => columns.map(({ of }) => of(client))),
  ];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (columns[i]?.right ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, '', ...places(clients, report.seenBy), summary(clients, report)].join('\n');
}

function nobody({ filter, counted_since: since }: Report): string {
  const found =
    filter === undefined
      ? `No client has been seen${since === undefined ? '' : ` ${sinceText(since)}`}, and none is configured.`
      : `No client matches ${visible(filter)}.`;
  return `${found} A client without an entry appears once it has logged in through the gateway.`;
}

function sinceText(since: string): string {
  return `since ${since.slice(0, 16).replace('T', ' ')} UTC`;
}

/** With the announced date of enforcement. */
function modeText({ mode, enforce_percent: percent, enforce_from: from }: ReportedClient): string {
  const until = mode === 'report' && from !== null ? ` until ${from.slice(0, 10)}` : '';
  return visible(describeMode(mode, percent ?? 100) + until);
}

/** For a single client: the targets of its codes. */
function places(clients: readonly ReportedClient[], seenBy: string | undefined): string[] {
  const [only] = clients;
  if (only === undefined || clients.length > 1 || only.redirect_uris.length === 0) return [];
  const heading = seenBy === undefined ? 'redirect URIs seen:' : `redirect URIs seen by ${seenBy} alone:`;
  return [heading, ...only.redirect_uris.map((uri) => `  ${visible(uri)}`), ''];
}

function summary(clients: readonly ReportedClient[], { counted_since: since, now }: Report): string {
  const isShort = since !== undefined && Date.parse(since) > startOfPeriod(now);
  const counts = VERDICTS.map(
    (state) => `${clients.filter((one) => verdictState(one) === state).length} ${state}`,
  );
  return `${isShort ? sinceText(since) : 'the last 14 days'}: ${counts.join(', ')}`;
}

export function total(violations: ReportedClient['violations']): number {
  return Object.values(violations).reduce((sum, count) => sum + count, 0);
}

/** Anybody can make up a client_id: its characters must not move the cursor or reverse the direction of text. */
export function visible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}

function shortened(name: string): string {
  const text = visible(name);
  return text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text;
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}

/** Rounded down: anything less than all is not 100 %. */
function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${Math.min(100, Math.floor((part / whole) * 100))}%`;
}
