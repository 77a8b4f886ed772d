/** The labels of a cell, in the order of its metric. */
export type Labels = Readonly<Record<string, string>>;

/** Cells by the values of their labels, one label after the other: `cells.at(issuer).at(client)`. */
export type Cells<Names extends readonly string[], Cell> = Names extends readonly [
  string,
  ...infer Rest extends readonly string[],
]
  ? Branch<Cells<Rest, Cell>>
  : Cell;

/** Where to count, and all that has been counted: a cell comes into being when it is first asked for. */
export function createCells<const Names extends readonly string[], Cell>(
  labelNames: Names,
  newCell: (labels: Labels) => Cell,
): { readonly cells: Cells<Names, Cell>; readonly all: readonly Cell[] } {
  const all: Cell[] = [];
  const grow = (labels: Labels, depth: number): unknown => {
    if (depth < labelNames.length) return new Branch(labels, depth, growBelow);
    const cell = newCell(labels);
    all.push(cell);
    return cell;
  };
  const growBelow = (labels: Labels, depth: number, value: string) =>
    grow({ ...labels, [labelNames[depth] as string]: value }, depth + 1);
  return { cells: grow({}, 0) as Cells<Names, Cell>, all };
}

type Grow<Below> = (labels: Labels, depth: number, value: string) => Below;

class Branch<Below> {
  readonly #below = new Map<string, Below>();
  readonly #labels: Labels;
  readonly #depth: number;
  readonly #grow: Grow<Below>;

  constructor(labels: Labels, depth: number, grow: Grow<Below>) {
    this.#labels = labels;
    this.#depth = depth;
    this.#grow = grow;
  }

  at(value: string): Below {
    const known = this.#below.get(value);
    if (known !== undefined) return known;
    const grown = this.#grow(this.#labels, this.#depth, value);
    this.#below.set(value, grown);
    return grown;
  }
}
