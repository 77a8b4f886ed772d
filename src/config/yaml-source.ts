import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { Locate } from './findings.ts';
import type { Position } from './problem.ts';

export type SyntaxProblem = { readonly offset: number; readonly message: string };

/** One YAML file: its nodes, and the way back from a path to the position that it was written at. */
export class YamlSource {
  readonly file: string;
  readonly root: Node | null;
  readonly syntaxProblems: readonly SyntaxProblem[];
  readonly #lines = new LineCounter();
  /** Filled while the values are read: a name may be anchored again, so what an alias means depends on where it stands. */
  readonly #aliasTargets = new Map<Node, Node>();
  readonly #pairs = new WeakMap<YAMLMap, Map<string, Pair>>();

  constructor(file: string, text: string) {
    this.file = file;
    const parsed = parseText(text, this.#lines);
    this.root = parsed.root;
    this.syntaxProblems = parsed.problems;
  }

  position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  startOf(node: Node): Position {
    return this.position(node.range?.[0] ?? 0);
  }

  rememberAlias(alias: Node, target: Node): void {
    this.#aliasTargets.set(alias, target);
  }

  aliasTarget(alias: Node): Node | undefined {
    return this.#aliasTargets.get(alias);
  }

  /** Where the entry at a path stands; of one that is missing, where its nearest parent does. */
  readonly locate: Locate = (path, part) => {
    let node: unknown = this.root;
    let owner: unknown = this.root;
    for (const segment of path) {
      const container = isAlias(node) ? this.aliasTarget(node) : node;
      if (isMap(container)) {
        const pair = this.#pairsOf(container).get(String(segment));
        if (pair === undefined) return this.#positionOf(owner);
        owner = pair.key;
        node = pair.value;
      } else if (isSeq(container) && typeof segment === 'number' && segment < container.items.length) {
        owner = node = container.items[segment];
      } else {
        return this.#positionOf(owner);
      }
    }
    const absent = isScalar(node) && node.source === '' && node.value === null;
    return this.#positionOf(part === 'key' || absent ? owner : node);
  };

  #positionOf(node: unknown): Position {
    const range = (node as Node | null | undefined)?.range;
    return this.position(range?.[0] ?? 0);
  }

  /** An index for each mapping that was asked for: many problems in a large mapping must not cost a scan each. */
  #pairsOf(map: YAMLMap): Map<string, Pair> {
    let pairs = this.#pairs.get(map);
    if (pairs === undefined) {
      pairs = new Map();
      for (const pair of map.items) {
        const key = keyText(pair.key);
        if (key !== undefined && !pairs.has(key)) pairs.set(key, pair);
      }
      this.#pairs.set(map, pairs);
    }
    return pairs;
  }
}

/** A key as it was written (a client_id `007` is not the number 7); `undefined` for one that is no scalar. */
export function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

function parseText(text: string, lineCounter: LineCounter): { root: Node | null; problems: SyntaxProblem[] } {
  let document: Document.Parsed<ParsedNode>;
  try {
    document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      // The library compares each key with all others, which is quadratic. Duplicates are found when the values are read.
      uniqueKeys: false,
      prettyErrors: false,
      // `silent` would also keep quiet about a second document.
      logLevel: 'error',
      lineCounter,
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { root: null, problems: [{ offset: 0, message: 'nested too deeply' }] };
  }
  const tooDeep = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  if (tooDeep !== undefined) {
    return { root: null, problems: [{ offset: tooDeep.pos[0], message: 'nested too deeply' }] };
  }
  const problems = [...document.errors, ...document.warnings].map(({ code, pos, message }) => ({
    offset: pos[0],
    message:
      code === 'MULTIPLE_DOCS'
        ? 'a second YAML document: the configuration is one'
        : `not valid YAML: ${message}`,
  }));
  return { root: document.contents, problems };
}
