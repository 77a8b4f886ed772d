import { isIP, isIPv4 } from 'node:net';
import type { Config } from '../config/config.ts';
import { escapeUnprintable } from './printable.ts';
import { buildViolationLine, type Violation } from './violation.ts';

/** Changes when a field is removed or changes its meaning; new fields do not change it. */
const SCHEMA = 'pkce-gateway/audit/1';

/** A violation as one line of the audit stream (docs/audit.md), with its end. `now`: epoch milliseconds. */
export function buildAuditRecord(
  violation: Violation,
  address: Config['audit']['address'],
  now: number,
): string {
  const record = {
    schema: SCHEMA,
    time: new Date(now).toISOString(),
    ...buildViolationLine(violation),
    client_address: showAddress(violation.clientAddress, address),
  };
  return `${escapeUnprintable(JSON.stringify(record, (_, value) => value ?? null))}\n`;
}

function showAddress(address: string, wanted: Config['audit']['address']): string | null {
  // A trusted proxy may pass on any text of any length.
  if (wanted === 'none' || isIP(address) === 0) return null;
  return wanted === 'truncated' ? truncateAddress(address) : address;
}

/** The network of an address: /24 of IPv4, /48 of IPv6. */
function truncateAddress(address: string): string {
  if (isIPv4(address)) return `${address.split('.').slice(0, 3).join('.')}.0`;
  const [left = '', right] = (address.split('%', 1)[0] ?? '').split('::');
  const groups = groupsOf(left);
  const tail = right === undefined ? [] : groupsOf(right);
  while (groups.length + tail.length < 8) groups.push('0');
  const network = [...groups, ...tail].slice(0, 3).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::`;
}

/** IPv4 at the end of an IPv6 address replaces two groups. */
function groupsOf(text: string): string[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}
