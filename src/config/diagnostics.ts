import { compareProblems, formatPath, type Position, type Problem, type ValuePath } from './problem.ts';

/** The position of an entry: of its key (unknown, misplaced) or of its value (wrong). */
export type Part = 'key' | 'value';

export type Locate = (path: ValuePath, part: Part) => Position | undefined;

/** Collects all problems, so that they are reported at once. */
export class Diagnostics {
  readonly #pathText: (path: ValuePath) => string;
  #locate: Locate = () => undefined;
  #base: ValuePath = [];
  #problems: Problem[] = [];
  #warnings: Problem[] = [];

  constructor(pathText: (path: ValuePath) => string = formatPath) {
    this.#pathText = pathText;
  }

  /** The same, for paths below this one. */
  below(...path: ValuePath): Diagnostics {
    const copy = this.locatedBy(this.#locate);
    copy.#base = [...this.#base, ...path];
    return copy;
  }

  /** The same, with positions looked up elsewhere. */
  locatedBy(locate: Locate): Diagnostics {
    const copy = new Diagnostics(this.#pathText);
    copy.#locate = locate;
    copy.#problems = this.#problems;
    copy.#warnings = this.#warnings;
    return copy;
  }

  problem(path: ValuePath, message: string, part: Part = 'value'): void {
    this.#problems.push(this.#at(path, message, part));
  }

  /** For a place without a path, such as the second of two equal keys. */
  problemAt(at: Position | undefined, path: ValuePath, message: string): void {
    this.#problems.push({ at, path: this.#pathText(path), message });
  }

  warning(path: ValuePath, message: string, part: Part = 'value'): void {
    this.#warnings.push(this.#at(path, message, part));
  }

  get problems(): readonly Problem[] {
    return this.#problems.toSorted(compareProblems);
  }

  get warnings(): readonly Problem[] {
    return this.#warnings.toSorted(compareProblems);
  }

  #at(below: ValuePath, message: string, part: Part): Problem {
    const path = [...this.#base, ...below];
    return { at: this.#locate(path, part), path: this.#pathText(path), message };
  }
}
