import { close, constants, fstat, open, stat } from 'node:fs';
import { promisify } from 'node:util';
import sonicBoom, { type SonicBoom } from 'sonic-boom';

const openFile = promisify(open);
const closeFile = promisify(close);
const statFile = promisify(stat);
const statDescriptor = promisify(fstat);

/** The most bytes that are buffered while the reader is slow or gone. */
const WAITING_LIMIT = 1024 * 1024;
/** Bytes per write: a pipe writes this many atomically (PIPE_BUF), so that lines of several processes stay whole. */
const WRITE_LIMIT = 4096;
/** Milliseconds between two checks whether the file was moved away, and between attempts after an error. */
const RETRY_INTERVAL = 1_000;
/** Milliseconds for writing the remaining lines at the end. */
const END_TIMEOUT = 2_000;

/** Without O_NONBLOCK, opening a FIFO waits for its reader. */
const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK } = constants;
const APPEND = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK;
/** Lines may contain personal data, so they are not world-readable. */
const PERMISSIONS = 0o640;

export type LineSinkOptions = {
  /** A file descriptor, or the path of a file. */
  readonly destination: number | string;
  /** Called for each dropped line. */
  readonly onDrop: () => void;
  /** Called once when the destination fails, and once when it works again. */
  readonly onTrouble?: (error: Error) => void;
  readonly onRecovery?: () => void;
};

/** Appends lines in the background without blocking: lines that cannot be written are buffered, and dropped beyond a limit. */
export class LineSink implements AsyncDisposable {
  readonly #options: LineSinkOptions;
  #stream: SonicBoom;
  /** The open file, by device and inode. */
  #identity = '';
  #checkedAt = Date.now();
  #isInTrouble = false;
  /** The file was renamed, and there is no new one under its name yet. */
  #misplaced = false;
  #ended = false;

  private constructor(options: LineSinkOptions, fd: number) {
    this.#options = options;
    this.#stream = this.#streamTo(fd);
  }

  /** Rejects if the file cannot be opened. */
  static async open(options: LineSinkOptions): Promise<LineSink> {
    const { destination } = options;
    if (typeof destination === 'number') return new LineSink(options, await withoutBlocking(destination));
    const sink = new LineSink(options, await openFile(destination, APPEND, PERMISSIONS));
    sink.#identity = await identityOf(destination);
    return sink;
  }

  /** `line`: with its end. */
  write(line: string): void {
    if (this.#ended) {
      this.#options.onDrop();
      return;
    }
    if (Date.now() - this.#checkedAt >= RETRY_INTERVAL) void this.reopen();
    this.#stream.write(line);
  }

  /** Reopens the file if it was renamed. Buffered lines are written to the old file. */
  async reopen(): Promise<void> {
    const { destination } = this.#options;
    this.#checkedAt = Date.now();
    if (typeof destination === 'number') return;
    try {
      const identity = await identityOf(destination);
      if (identity === this.#identity && identity !== '') return;
      const fd = await openFile(destination, APPEND, PERMISSIONS);
      if (this.#ended) return await closeFile(fd);
      this.#misplaced = false;
      const previous = this.#stream;
      this.#stream = this.#streamTo(fd);
      this.#identity = await identityOf(destination);
      previous.end();
    } catch (error) {
      this.#misplaced = true;
      this.#noteTrouble(error as Error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const written = Promise.withResolvers<void>();
    const late = setTimeout(written.resolve, END_TIMEOUT);
    this.#stream.once('close', () => written.resolve()).end();
    await written.promise;
    clearTimeout(late);
  }

  #streamTo(fd: number): SonicBoom {
    const stream = new sonicBoom.SonicBoom({
      fd,
      sync: false,
      maxLength: WAITING_LIMIT,
      maxWrite: WRITE_LIMIT,
    });
    let retry: NodeJS.Timeout | undefined;
    stream.once('close', () => clearTimeout(retry));
    stream.on('drop', () => {
      this.#options.onDrop();
      this.#noteTrouble(new Error('too many lines wait to be written'));
    });
    stream.on('error', (error: Error) => {
      this.#noteTrouble(error);
      // Writing an empty text makes the stream retry its buffer.
      retry = setTimeout(() => stream.write(''), RETRY_INTERVAL).unref();
    });
    stream.on('drain', () => {
      if (!this.#isInTrouble || this.#misplaced) return;
      this.#isInTrouble = false;
      this.#options.onRecovery?.();
    });
    return stream;
  }

  #noteTrouble(error: Error): void {
    if (!this.#isInTrouble) this.#options.onTrouble?.(error);
    this.#isInTrouble = true;
  }
}

/**
 * A write to a pipe that nobody reads would block a thread, and so the end of the process. The file is reopened, because
 * other processes share the flags of standard error and may reset them.
 */
async function withoutBlocking(descriptor: number): Promise<number> {
  try {
    const isPipe = (await statDescriptor(descriptor)).isFIFO();
    return isPipe ? await openFile(`/dev/fd/${descriptor}`, O_WRONLY | O_NONBLOCK) : descriptor;
  } catch {
    // It cannot be opened if there is no reader: then nothing blocks either.
    return descriptor;
  }
}

/** Empty if the file does not exist. */
async function identityOf(path: string): Promise<string> {
  try {
    const { dev, ino } = await statFile(path);
    return `${dev} ${ino}`;
  } catch {
    return '';
  }
}
