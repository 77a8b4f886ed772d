import { compareProblems, formatPath, type Position, type Problem, type ValuePath } from './problem.ts';

/** The position of an entry: of its key (unknown, misplaced) or of its value (wrong). */
export type Part = 'key' | 'value';

export type Locate = (path: ValuePath, part: Part) => Position | undefined;

type Found = { locate: Locate; readonly problems: Problem[]; readonly warnings: Problem[] };

/** Collects all problems, so that they are reported at once. */
export class Diagnostics {
  readonly #pathText: (path: ValuePath) => string;
  readonly #found: Found;
  readonly #base: ValuePath;

  constructor(
    pathText: (path: ValuePath) => string = formatPath,
    found: Found = { locate: () => undefined, problems: [], warnings: [] },
    base: ValuePath = [],
  ) {
    this.#pathText = pathText;
    this.#found = found;
    this.#base = base;
  }

  /** The same, for paths below this one. */
  below(...path: ValuePath): Diagnostics {
    return new Diagnostics(this.#pathText, this.#found, [...this.#base, ...path]);
  }

  /** Sets how positions are looked up from now on. */
  locateBy(locate: Locate): void {
    this.#found.locate = locate;
  }

  problem(path: ValuePath, message: string, part: Part = 'value'): void {
    this.#found.problems.push(this.#at(path, message, part));
  }

  /** For a place without a path, such as the second of two equal keys. */
  problemAt(at: Position | undefined, path: ValuePath, message: string): void {
    this.#found.problems.push({ at, path: this.#pathText(path), message });
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
    return { at: this.#found.locate(path, part), path: this.#pathText(path), message };
  }
}
