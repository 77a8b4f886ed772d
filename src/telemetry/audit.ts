import type { Config } from '../config/config.ts';
import { buildAuditRecord } from './audit-record.ts';
import { LineSink } from './line-sink.ts';
import type { ProcessEvents } from './process-events.ts';
import type { Violation } from './violation.ts';

const DESCRIPTORS = { stdout: 1, stderr: 2 } as const;

/** The audit stream: a line for each violation. */
export class Audit implements AsyncDisposable {
  readonly #address: Config['audit']['address'];
  readonly #sink: LineSink;

  private constructor(address: Config['audit']['address'], sink: LineSink) {
    this.#address = address;
    this.#sink = sink;
  }

  /** `undefined` if none is configured. Rejects if its file cannot be opened. */
  static async open(
    { destination, address }: Config['audit'],
    events: ProcessEvents,
  ): Promise<Audit | undefined> {
    if (destination === 'none') return undefined;
    try {
      const sink = await LineSink.open({
        destination:
          destination === 'stdout' || destination === 'stderr' ? DESCRIPTORS[destination] : destination,
        onDrop: () => events.auditRecordDropped(),
        onTrouble: (error) => events.auditTrouble(error),
        onRecovery: () => events.auditRecovered(),
      });
      return new Audit(address, sink);
    } catch (error) {
      throw new Error(`audit.destination: ${(error as Error).message}`, { cause: error });
    }
  }

  record(violation: Violation): void {
    this.#sink.write(buildAuditRecord(violation, this.#address, Date.now()));
  }

  /** Reopens its file if it was renamed. */
  reopen(): void {
    void this.#sink.reopen();
  }

  /** Writes the remaining lines, for up to two seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sink[Symbol.asyncDispose]();
  }
}
