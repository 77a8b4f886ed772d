import type { Summary } from './statistics.ts';

type Goal = {
  readonly what: string;
  readonly goal: number;
  readonly bound: 'at most' | 'at least';
  readonly measured: Summary;
  readonly met: boolean;
  readonly format: (value: number) => string;
};

type Table = {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

/** Prints results as they come, and keeps them. Tables are Markdown, to be read as they are. */
export class Report {
  readonly #lines: string[] = [];
  readonly #tables: Table[] = [];
  readonly #goals: Goal[] = [];

  line(text: string): void {
    this.#lines.push(text);
    console.log(text);
  }

  table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
    this.#tables.push({ title, head, rows });
    const widths = head.map((_, column) =>
      Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? '').length)),
    );
    const print = (row: readonly string[]) =>
      console.log(`| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`);
    console.log(`\n## ${title}\n`);
    print(head);
    print(widths.map((width) => '-'.repeat(width)));
    for (const row of rows) print(row);
  }

  goal(
    what: string,
    goal: number,
    measured: Summary,
    format: (value: number) => string = (value) => value.toFixed(2),
    bound: Goal['bound'] = 'at most',
  ): void {
    const met = bound === 'at most' ? measured.median <= goal : measured.median >= goal;
    this.#goals.push({ what, goal, bound, measured, met, format });
  }

  goals(): void {
    this.table(
      'Goals',
      ['', 'goal', 'measured', ''],
      this.#goals.map(({ what, goal, bound, measured, met, format }) => [
        what,
        `${bound === 'at most' ? '≤' : '≥'} ${format(goal)}`,
        spread(measured, format),
        met ? 'met' : 'not met',
      ]),
    );
  }

  microseconds(summary: Summary): string {
    return `${spread(summary, (value) => value.toFixed(0))} µs`;
  }

  milliseconds(summary: Summary): string {
    return `${spread(summary, (value) => value.toFixed(2))} ms`;
  }

  ratio(summary: Summary): string {
    return spread(summary, (value) => value.toFixed(2));
  }

  toJson(): string {
    const goals = this.#goals.map(({ format: _, ...goal }) => goal);
    return `${JSON.stringify({ about: this.#lines, tables: this.#tables, goals }, undefined, 2)}\n`;
  }
}

export function formatBytes(bytes: number): string {
  return bytes < 10_000 ? `${bytes.toFixed(0)} B` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export function formatSeconds(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1000).toFixed(0)} ms` : `${seconds.toFixed(1)} s`;
}

function spread({ median, low, high }: Summary, format: (value: number) => string): string {
  return low === high ? format(median) : `${format(median)} (${format(low)}–${format(high)})`;
}
