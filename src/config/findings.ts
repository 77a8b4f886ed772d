import { type FileMarks, markOf } from './file-mark.ts';
import { compareProblems, formatPath, type Position, type Problem, type ValuePath } from './problem.ts';

/** Which position of an entry is meant: of its key (unknown, misplaced) or of its value (wrong). */
export type Part = 'key' | 'value';

export type Locate = (path: ValuePath, part: Part) => Position | undefined;

/** Collects everything that is wrong, so that it can be reported at once. Positions are looked up for findings only. */
export class Findings {
  #locate: Locate;
  readonly #pathText: (path: ValuePath) => string;
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];
  readonly #files = new Map<string, string>();

  constructor(locate: Locate, pathText: (path: ValuePath) => string = formatPath) {
    this.#locate = locate;
    this.#pathText = pathText;
  }

  problem(path: ValuePath, message: string, part: Part = 'value'): void {
    this.problemAt(this.#locate(path, part), path, message);
  }

  /** For what no path leads to, such as the second of two equal keys. */
  problemAt(at: Position | undefined, path: ValuePath, message: string): void {
    this.#problems.push({ at, path: this.#pathText(path), message });
  }

  warning(path: ValuePath, message: string): void {
    this.#warnings.push({ at: this.#locate(path, 'value'), path: this.#pathText(path), message });
  }

  /** Notes a file or folder that the configuration points to, before it is read. */
  async pointsTo(file: string): Promise<void> {
    if (!this.#files.has(file)) this.#files.set(file, await markOf(file));
  }

  get files(): FileMarks {
    return this.#files;
  }

  /** From now on, positions are looked up like this. */
  locateBy(locate: Locate): void {
    this.#locate = locate;
  }

  /** Adds what was found elsewhere. */
  take(other: Findings): void {
    for (const problem of other.#problems) this.#problems.push(problem);
    for (const warning of other.#warnings) this.#warnings.push(warning);
  }

  get problems(): readonly Problem[] {
    return this.#problems.toSorted(compareProblems);
  }

  get warnings(): readonly Problem[] {
    return this.#warnings.toSorted(compareProblems);
  }
}
