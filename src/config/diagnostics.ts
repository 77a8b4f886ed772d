import { compareProblems, formatPath, type Position, type Problem, type ValuePath } from './problem.ts';

/** Which position of an entry is meant: that of its key (unknown, misplaced) or that of its value (wrong). */
export type Part = 'key' | 'value';

export type Locate = (path: ValuePath, part: Part) => Position | undefined;

/** Collects everything that is wrong, so that it can be reported at once. */
export class Diagnostics {
  #locate: Locate = () => undefined;
  readonly #pathText: (path: ValuePath) => string;
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];

  constructor(pathText: (path: ValuePath) => string = formatPath) {
    this.#pathText = pathText;
  }

  /** From now on, positions are looked up like this. */
  locateBy(locate: Locate): void {
    this.#locate = locate;
  }

  problem(path: ValuePath, message: string, part: Part = 'value'): void {
    this.problemAt(this.#locate(path, part), path, message);
  }

  /** For what no path leads to, such as the second of two equal keys. */
  problemAt(at: Position | undefined, path: ValuePath, message: string): void {
    this.#problems.push({ at, path: this.#pathText(path), message });
  }

  warning(path: ValuePath, message: string, part: Part = 'value'): void {
    this.#warnings.push({ at: this.#locate(path, part), path: this.#pathText(path), message });
  }

  get problems(): readonly Problem[] {
    return this.#problems.toSorted(compareProblems);
  }

  get warnings(): readonly Problem[] {
    return this.#warnings.toSorted(compareProblems);
  }
}
