import { isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import { type ExternalValue, parseExternalValue, UNREADABLE } from './external-value.ts';
import type { Findings } from './findings.ts';
import { keyText, type YamlSource } from './yaml-source.ts';

const DEEPEST = 32;
/** Nodes that aliases may repeat, over all of them: ten aliases of ten aliases of ten … fill any memory (billion laughs). */
const ALIASED_NODES = 1_000_000;

/** Turns the nodes of a file into plain values, and its `{from_env}` and `{from_file}` into references to be read. */
export class YamlValueReader {
  readonly externals: ExternalValue[] = [];
  readonly #source: YamlSource;
  readonly #findings: Findings;
  readonly #path: (string | number)[] = [];
  readonly #anchors = new Map<string, Node>();
  readonly #openNodes = new Set<Node>();
  #aliasDepth = 0;
  #aliasedNodes = 0;

  constructor(source: YamlSource, findings: Findings) {
    this.#source = source;
    this.#findings = findings;
  }

  read(node: unknown): unknown {
    if (this.#aliasDepth > 0 && ++this.#aliasedNodes >= ALIASED_NODES) {
      if (this.#aliasedNodes === ALIASED_NODES) this.#problem('the aliases expand to too much');
      return UNREADABLE;
    }
    if (this.#path.length > DEEPEST) {
      this.#problem('nested too deeply');
      return UNREADABLE;
    }
    if (isAlias(node)) return this.#readAlias(node, node.source);
    if (isScalar(node)) {
      this.#remember(node);
      return node.value;
    }
    if (!isMap(node) && !isSeq(node)) return null;
    this.#remember(node);
    this.#openNodes.add(node);
    const value = isMap(node) ? this.#readMap(node) : this.#readSeq(node);
    this.#openNodes.delete(node);
    return value;
  }

  #readMap(map: YAMLMap): unknown {
    const value: Record<string, unknown> = {};
    for (const pair of map.items) {
      const key = keyText(pair.key);
      if (key === undefined) {
        this.#problem('a key must be plain text');
        continue;
      }
      this.#path.push(key);
      if (Object.hasOwn(value, key)) {
        const first = this.#source.locate(this.#path, 'key');
        this.#findings.problemAt(
          this.#source.startOf(pair.key as Node),
          this.#path,
          `duplicate key (first in line ${first?.line})`,
        );
      } else if (key === '__proto__') {
        this.#findings.problem(this.#path, 'a name that cannot be used', 'key');
      } else {
        if (this.#aliasDepth === 0) this.#remember(pair.key as Node);
        value[key] = this.read(pair.value);
      }
      this.#path.pop();
    }
    const external = map.items.length === 1 ? parseExternalValue(value, this.#path) : undefined;
    if (external === undefined) return value;
    this.externals.push(external);
    return external;
  }

  #readSeq(seq: YAMLSeq): unknown[] {
    return seq.items.map((item, index) => {
      this.#path.push(index);
      const value = this.read(item);
      this.#path.pop();
      return value;
    });
  }

  #readAlias(alias: Node, name: string): unknown {
    const target = this.#source.aliasTarget(alias) ?? this.#anchors.get(name);
    if (target === undefined || this.#openNodes.has(target)) {
      this.#problem(target === undefined ? `no anchor &${name} before this` : `*${name} contains itself`);
      return UNREADABLE;
    }
    this.#source.rememberAlias(alias, target);
    this.#aliasDepth += 1;
    const value = this.read(target);
    this.#aliasDepth -= 1;
    return value;
  }

  #remember(node: Node): void {
    // Within an alias the anchors are those of its target, which were seen before.
    if (this.#aliasDepth === 0 && 'anchor' in node && node.anchor)
      this.#anchors.set(node.anchor as string, node);
  }

  #problem(message: string): void {
    this.#findings.problem(this.#path, message);
  }
}
