import type { Config } from '../config/config.ts';
import { buildAuditRecord } from './audit-record.ts';
import type { Events, Violation } from './events.ts';
import { LineWriter } from './line-writer.ts';

const DESCRIPTORS = { stdout: 1, stderr: 2 } as const;

/** The audit stream: a line for each violation. */
export class Audit implements AsyncDisposable {
  readonly #address: Config['audit']['address'];
  readonly #writer: LineWriter;

  private constructor(address: Config['audit']['address'], writer: LineWriter) {
    this.#address = address;
    this.#writer = writer;
  }

  /** `undefined` where none is configured. Rejects where its file cannot be opened. */
  static async open({ destination, address }: Config['audit'], events: Events): Promise<Audit | undefined> {
    if (destination === 'none') return undefined;
    try {
      const writer = await LineWriter.open({
        destination:
          destination === 'stdout' || destination === 'stderr' ? DESCRIPTORS[destination] : destination,
        onDrop: () => events.auditRecordDropped(),
        onTrouble: (error) => events.auditTrouble(error),
        onRecovery: () => events.auditRecovered(),
      });
      return new Audit(address, writer);
    } catch (error) {
      throw new Error(`audit.destination: ${(error as Error).message}`, { cause: error });
    }
  }

  record(violation: Violation): void {
    this.#writer.write(buildAuditRecord(violation, this.#address, Date.now()));
  }

  /** Opens its file anew where that was moved away. */
  renew(): void {
    this.#writer.renew();
  }

  /** Writes what is left, as far as the destination takes it within two seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
  }
}
