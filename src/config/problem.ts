/** A position in a configuration file. Line and column count from 1. */
export type Position = { readonly file: string; readonly line: number; readonly column: number };

/** A path in the configuration: `['issuers', 0, 'clients', 'spa']`. */
export type ValuePath = readonly (string | number)[];

export type Problem = {
  /** `undefined` if the value came from the command line. */
  readonly at: Position | undefined;
  /** `issuers[0].clients.spa`, or the option (`--upstream`); empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
};

/** `file:line:col path: message` */
export function formatProblem({ at, path, message }: Problem): string {
  const position = at === undefined ? '' : `${formatPosition(at)}${path === '' ? '' : ' '}`;
  return `${position}${path}: ${message}`;
}

export function formatPosition({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}

/** Keys that are not plain words are quoted, so that `clients["a.b"]` cannot be mistaken for two keys. */
export function formatPath(path: ValuePath): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else if (!/^[\w*-]+$/.test(segment)) text += `[${JSON.stringify(segment)}]`;
    else text += text === '' ? segment : `.${segment}`;
  }
  return text;
}

export function compareProblems(a: Problem, b: Problem): number {
  if (a.at === undefined || b.at === undefined) return 0;
  if (a.at.file !== b.at.file) return a.at.file < b.at.file ? -1 : 1;
  return a.at.line - b.at.line || a.at.column - b.at.column;
}
