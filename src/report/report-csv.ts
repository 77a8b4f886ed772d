import { total } from './report-table.ts';
import type { Report } from './reported-client.ts';

const HEADER = [
  'issuer',
  'client',
  'owner',
  'mode',
  'authorization_requests',
  's256',
  'plain',
  'none',
  'codes_bound',
  'codes_redeemed',
  'violations',
  'violations_by_reason',
  'last_violation',
  'verdict',
  'redirect_uris',
];

/** RFC 4180, for spreadsheets. */
export function renderCsv({ clients }: Report): string {
  const rows = clients.map(({ methods, violations, ...client }) => [
    client.issuer,
    client.client,
    client.owner ?? '',
    client.mode,
    client.authorization_requests,
    methods.S256,
    methods.plain,
    methods.none,
    client.codes_bound,
    client.codes_redeemed,
    total(violations),
    Object.entries(violations)
      .map(([reason, count]) => `${reason}: ${count}`)
      .join('; '),
    client.last_violation === null ? '' : `${client.last_violation.at} ${client.last_violation.reason}`,
    client.verdict,
    client.redirect_uris.join(' '),
  ]);
  return [HEADER, ...rows].map((row) => row.map(cell).join(',')).join('\r\n');
}

/** A spreadsheet treats text that begins with one of these as a formula, and runs it. */
const FORMULA = /^[\s\u0000]*[=+\-@\t\r|%＝＋－＠]/;

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) || text !== value ? `"${text.replaceAll('"', '""')}"` : text;
}
