import { isIP, isIPv4 } from 'node:net';
import type { Config } from '../config/config.ts';
import { LineSink } from './line-sink.ts';
import { escapeUnprintable } from './printable.ts';
import type { ProcessEvents } from './process-events.ts';
import { buildViolationLine, type Violation } from './violation.ts';

const DESCRIPTORS: Readonly<Record<string, number>> = { stdout: 1, stderr: 2 };

/** The audit stream: a line for each violation. Disposal writes the remaining lines, for up to two seconds. */
export type Audit = AsyncDisposable & {
  record(violation: Violation): void;
  /** Reopens its file if it was renamed. */
  reopen(): void;
};

/** `undefined` if none is configured. Rejects if its file cannot be opened. */
export async function openAudit(
  { destination, address }: Config['audit'],
  events: ProcessEvents,
): Promise<Audit | undefined> {
  if (destination === 'none') return undefined;
  const opening = LineSink.open({
    destination: DESCRIPTORS[destination] ?? destination,
    onDrop: () => events.auditRecordDropped(),
    onTrouble: (error) => events.auditTrouble(error),
    onRecovery: () => events.auditRecovered(),
  });
  const sink = await opening.catch((error: Error) => {
    const advice = 'its folder must exist, and the user of the gateway must be able to write there';
    throw new Error(`audit.destination: ${error.message}: ${advice}`, { cause: error });
  });
  return {
    record: (violation) => sink.write(buildAuditRecord(violation, address, Date.now())),
    reopen: () => void sink.reopen(),
    [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
  };
}

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
