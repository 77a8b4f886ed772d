import { total } from './report-table.ts';
import type { Report, ReportedClient } from './reported-client.ts';

const COLUMNS: Readonly<Record<string, (client: ReportedClient) => string | number>> = {
  issuer: ({ issuer }) => issuer,
  client: ({ client }) => client,
  owner: ({ owner }) => owner ?? '',
  mode: ({ mode }) => mode,
  authorization_requests: (client) => client.authorization_requests,
  s256: ({ methods }) => methods.S256,
  plain: ({ methods }) => methods.plain,
  none: ({ methods }) => methods.none,
  codes_bound: (client) => client.codes_bound,
  codes_redeemed: (client) => client.codes_redeemed,
  violations: ({ violations }) => total(violations),
  violations_by_reason: ({ violations }) =>
    Object.entries(violations)
      .map(([reason, count]) => `${reason}: ${count}`)
      .join('; '),
  last_violation: ({ last_violation: last }) => (last === null ? '' : `${last.at} ${last.reason}`),
  verdict: ({ verdict }) => verdict,
  redirect_uris: (client) => client.redirect_uris.join(' '),
};

/** RFC 4180, for spreadsheets. */
export function renderCsv({ clients }: Report): string {
  const rows = clients.map((client) => Object.values(COLUMNS).map((of) => of(client)));
  return [Object.keys(COLUMNS), ...rows].map((row) => row.map(cell).join(',')).join('\r\n');
}

/** A spreadsheet treats text that begins with one of these as a formula, and runs it. */
const FORMULA = /^[\s\u0000]*[=+\-@\t\r|%＝＋－＠]/;

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) || text !== value ? `"${text.replaceAll('"', '""')}"` : text;
}
