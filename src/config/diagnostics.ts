import { compareProblems, formatPath, type Position, type Problem, type ValuePath } from './problem.ts';

/** The position of an entry: of its key (unknown, misplaced) or of its value (wrong). */
export type Part = 'key' | 'value';

export type Locate = (path: ValuePath, part: Part) => Position | undefined;

type Found = {
  readonly pathText: (path: ValuePath) => string;
  readonly problems: Problem[];
  readonly warnings: Problem[];
};
const NOWHERE: Locate = () => undefined;

/** Collects all problems, so that they are reported at once. */
export class Diagnostics {
  readonly #found: Found;
  readonly #locate: Locate;
  readonly #base: ValuePath;

  private constructor(found: Found, locate: Locate, base: ValuePath) {
    this.#found = found;
    this.#locate = locate;
    this.#base = base;
  }

  static begin(pathText: (path: ValuePath) => string = formatPath): Diagnostics {
    return new Diagnostics({ pathText, problems: [], warnings: [] }, NOWHERE, []);
  }

  /** The same, for paths below this one. */
  below(...path: ValuePath): Diagnostics {
    return new Diagnostics(this.#found, this.#locate, [...this.#base, ...path]);
  }

  /** The same, with positions looked up elsewhere. */
  locatedBy(locate: Locate): Diagnostics {
    return new Diagnostics(this.#found, locate, []);
  }

  problem(path: ValuePath, message: string, part: Part = 'value'): void {
    this.#found.problems.push(this.#at(path, message, part));
  }

  /** For a place without a path, such as the second of two equal keys. */
  problemAt(at: Position | undefined, path: ValuePath, message: string): void {
    this.#found.problems.push({ at, path: this.#found.pathText(path), message });
  }

  warning(path: ValuePath, message: string, part: Part = 'value'): void {
    this.#found.warnings.push(this.#at(path, message, part));
  }

  get problems(): readonly Problem[] {
    return this.#found.problems.toSorted(compareProblems);
  }

  get warnings(): readonly Problem[] {
    return this.#found.warnings.toSorted(compareProblems);
  }

  #at(below: ValuePath, message: string, part: Part): Problem {
    const path = [...this.#base, ...below];
    return { at: this.#locate(path, part), path: this.#found.pathText(path), message };
  }
}
