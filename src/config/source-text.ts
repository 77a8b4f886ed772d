import type { Position } from './problem.ts';

/** The text of a file, and the conversion from an offset to line and column. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  #lineStarts: readonly number[] | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  position(offset: number): Position {
    const starts = this.#starts();
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return { file: this.file, line: low + 1, column: Math.max(0, offset - (starts[low] as number)) + 1 };
  }

  line(number: number): string {
    const starts = this.#starts();
    return this.text.slice(starts[number - 1], starts[number]);
  }

  #starts(): readonly number[] {
    this.#lineStarts ??= [
      0,
      ...[...this.text.matchAll(/\r\n|[\n\r]/g)].map((end) => end.index + end[0].length),
    ];
    return this.#lineStarts;
  }
}
