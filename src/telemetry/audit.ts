import type { Config } from '../config/config.ts';
import { buildAuditRecord } from './audit-record.ts';
import { LineSink } from './line-sink.ts';
import type { ProcessEvents } from './process-events.ts';
import type { Violation } from './violation.ts';

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
