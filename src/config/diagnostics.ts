import { compareProblems, formatPath, type Position, type Problem, type ValuePath } from './problem.ts';

/** The position of an entry: of its key (unknown, misplaced) or of its value (wrong). */
export type Part = 'key' | 'value';

export type Locate = (path: ValuePath, part: Part) => Position | undefined;

/** Collects all problems, so that they are reported at once. */
export class Diagnostics {
  #locate: Locate = () => undefined;
  readonly #pathText: (path: ValuePath) => string;
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];

  constructor(pathText: (path: ValuePath) => string = formatPath) {
    this.#pathText = pathText;
  }

  /** Sets how positions are looked up from now on. */
  locateBy(locate: Locate): void {
    this.#locate = locate;
  }

  problem(path: ValuePath, message: string, part: Part = 'value'): void {
    this.problemAt(this.#locate(path, part), path, message);
  }

  /** For a place without a path, such as the second of two equal keys. */
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
