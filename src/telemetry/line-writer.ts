import { close, constants, fstat, open, stat, write, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const openFile = promisify(open);
const closeFile = promisify(close);
const statFile = promisify(stat);
const statDescriptor = promisify(fstat);
const writeTo = promisify(write);

/** Bytes that wait at most, while whoever takes the lines is slow or away. */
const WAITING_LIMIT = 1024 * 1024;
/** Bytes of one write: as many as a pipe takes in one piece (PIPE_BUF), so that lines of several processes stay whole. */
const WRITE_LIMIT = 4096;
/** Milliseconds between two looks whether the file is still the one of its name, and between attempts where it takes nothing. */
const LOOK_INTERVAL = 1_000;
/** Milliseconds that lines have at the end. */
const END_PATIENCE = 2_000;

/** Without O_NONBLOCK, opening a FIFO waits for its reader. */
const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK } = constants;
const APPEND = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK;
/** What is written may tell of persons: nothing for every user of the machine. */
const PERMISSIONS = 0o640;

export type LineWriterOptions = {
  /** A file descriptor, or the path of a file. */
  readonly destination: number | string;
  /** Whether a line is written before `write` returns, where the destination takes it at once. */
  readonly atOnce?: boolean;
  /** For each line for which there is no room. */
  readonly onDrop: () => void;
  /** The destination takes nothing, or takes lines again: once for each change. */
  readonly onTrouble?: (error: Error) => void;
  readonly onRecovery?: () => void;
};

/**
 * Appends lines, in the background unless they are to be written at once, one write at a time and each of whole lines, and holds nobody up: what cannot be written
 * waits, and what finds no more room is dropped. A file that is moved away is opened anew under its name.
 */
export class LineWriter implements AsyncDisposable {
  readonly #options: LineWriterOptions;
  readonly #waiting: Buffer[] = [];
  #bytes = 0;
  #fd: number;
  /** Which file is open, by device and inode. */
  #identity = '';
  #lookedAt = 0;
  #isInTrouble = false;
  #pumping: Promise<void> | undefined;
  readonly #ending = new AbortController();

  private constructor(options: LineWriterOptions, fd: number) {
    this.#options = options;
    this.#fd = fd;
  }

  /** Rejects where the file cannot be opened. */
  static async open(options: LineWriterOptions): Promise<LineWriter> {
    const { destination } = options;
    if (typeof destination === 'number') return new LineWriter(options, await withoutBlocking(destination));
    const writer = new LineWriter(options, await openFile(destination, APPEND, PERMISSIONS));
    writer.#identity = await identityOf(destination);
    writer.#lookedAt = Date.now();
    return writer;
  }

  /** `line`: with its end. */
  write(line: string): void {
    const whole = Buffer.from(line);
    const isNext = this.#pumping === undefined && this.#waiting.length === 0 && !this.#ending.signal.aborted;
    const bytes = this.#options.atOnce === true && isNext ? this.#restOf(whole) : whole;
    if (bytes.length === 0) return;
    if (this.#ending.signal.aborted || this.#bytes + bytes.length > WAITING_LIMIT) {
      this.#options.onDrop();
      this.#noteTrouble(new Error('nobody takes what waits'));
      return;
    }
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#pump();
  }

  /** Opens the file anew, if it is another one by now. */
  renew(): void {
    this.#lookedAt = 0;
    this.#pump();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const late = new AbortController();
    const patience = sleep(END_PATIENCE, undefined, { signal: late.signal }).catch(() => {});
    await Promise.race([this.#pumping, patience]);
    late.abort();
    this.#ending.abort();
    for (const _ of this.#waiting) this.#options.onDrop();
    // A write that hangs is left behind: its descriptor ends with the process.
    if (this.#pumping === undefined && typeof this.#options.destination === 'string') {
      await closeFile(this.#fd).catch(() => {});
    }
  }

  /** What is left when as much as the destination takes has been written. Why it takes no more shows when it is tried again. */
  #restOf(bytes: Buffer): Buffer {
    try {
      return bytes.subarray(writeSync(this.#fd, bytes));
    } catch {
      return bytes;
    }
  }

  #pump(): void {
    this.#pumping ??= this.#writeAll().finally(() => {
      this.#pumping = undefined;
      // A line may have come since the last look.
      if (this.#waiting.length > 0 && !this.#ending.signal.aborted) this.#pump();
    });
  }

  async #writeAll(): Promise<void> {
    do {
      try {
        await this.#followRotation();
        await this.#writeSome();
        if (this.#isInTrouble && this.#waiting.length === 0) {
          this.#isInTrouble = false;
          this.#options.onRecovery?.();
        }
      } catch (error) {
        // A pipe that is full is no trouble yet.
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'EAGAIN') this.#noteTrouble(error as Error);
        await sleep(code === 'EAGAIN' ? 50 : LOOK_INTERVAL, undefined, {
          signal: this.#ending.signal,
          ref: false,
        }).catch(() => {});
      }
    } while (this.#waiting.length > 0 && !this.#ending.signal.aborted);
  }

  #noteTrouble(error: Error): void {
    if (!this.#isInTrouble) this.#options.onTrouble?.(error);
    this.#isInTrouble = true;
  }

  /** Writes the next lines. What a full disk cuts off is written when there is room again. */
  async #writeSome(): Promise<void> {
    let length = 0;
    let count = 0;
    for (const line of this.#waiting) {
      if (count > 0 && length + line.length > WRITE_LIMIT) break;
      length += line.length;
      count += 1;
    }
    if (count === 0) return;
    const batch = Buffer.concat(this.#waiting.slice(0, count));
    const { bytesWritten } = await writeTo(this.#fd, batch);
    const rest = batch.subarray(bytesWritten);
    this.#waiting.splice(0, count, ...(rest.length > 0 ? [rest] : []));
    this.#bytes -= bytesWritten;
  }

  async #followRotation(): Promise<void> {
    const { destination } = this.#options;
    if (typeof destination === 'number' || Date.now() - this.#lookedAt < LOOK_INTERVAL) return;
    if ((await identityOf(destination)) !== this.#identity) {
      const fd = await openFile(destination, APPEND, PERMISSIONS);
      const previous = this.#fd;
      this.#fd = fd;
      this.#identity = await identityOf(destination);
      await closeFile(previous).catch(() => {});
    }
    this.#lookedAt = Date.now();
  }
}

/**
 * A write into a pipe that nobody reads would hold up a thread, and so the end of the process. Opened anew, since the flags
 * of standard error are shared with other processes, which set them back.
 */
async function withoutBlocking(descriptor: number): Promise<number> {
  try {
    const isPipe = (await statDescriptor(descriptor)).isFIFO();
    return isPipe ? await openFile(`/dev/fd/${descriptor}`, O_WRONLY | O_NONBLOCK) : descriptor;
  } catch {
    // It cannot be opened where nobody reads any more: nothing waits then.
    return descriptor;
  }
}

/** Empty where there is no such file. */
async function identityOf(path: string): Promise<string> {
  try {
    const { dev, ino } = await statFile(path);
    return `${dev} ${ino}`;
  } catch {
    return '';
  }
}
