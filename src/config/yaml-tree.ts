import type { Locate } from './diagnostics.ts';
import type { FileContent } from './file-reader.ts';
import type { SourceText } from './source-text.ts';

/** The content of a file with offsets. An alias refers to the same node object that it names. */
export type YamlNode = ScalarNode | ListNode | MapNode | ExternalNode | BrokenNode;

type Place = { readonly source: SourceText; readonly at: number };

export type ScalarNode = Place & {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
};
/** `repeated`: an alias refers to this node. */
type Collection = Place & { repeated: boolean };
export type ListNode = Collection & { readonly kind: 'list'; readonly items: YamlNode[] };
export type MapNode = Collection & { readonly kind: 'map'; readonly entries: Map<string, Entry> };
/** A scalar written as `{from_env: NAME}` or `{from_file: PATH}`. */
export type ExternalNode = Place & {
  readonly kind: 'external';
  readonly via: 'env' | 'file';
  readonly name: string;
  /** Once it was read. */
  content?: FileContent;
};
/** A value that could not be read; the problem was reported. */
type BrokenNode = Place & { readonly kind: 'broken' };
/** A key with its position, and its value. `content`: of the file that it names, once that was read. */
export type Entry = Place & { readonly value: YamlNode; content?: FileContent };

/** A tree, and what must be read before its values are known: external values, and keys that name a file. */
export type YamlTree = {
  readonly root: YamlNode;
  readonly externals: readonly ExternalNode[];
  readonly fileKeys: readonly Entry[];
};

/** A text, written in the configuration or elsewhere. */
export function textOf(node: YamlNode | undefined): string | undefined {
  if (node?.kind === 'scalar') return typeof node.value === 'string' ? node.value : undefined;
  const content = node?.kind === 'external' ? node.content : undefined;
  return content !== undefined && 'text' in content ? content.text : undefined;
}

/** The value of a key, if this is a mapping. */
export function valueAt(node: YamlNode, key: string): YamlNode | undefined {
  return node.kind === 'map' ? node.entries.get(key)?.value : undefined;
}

export function itemsOf(node: YamlNode | undefined): readonly YamlNode[] {
  return node?.kind === 'list' ? node.items : [];
}

export function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** Looks up positions in a tree; a missing node has the position of its nearest parent. */
export function locateIn(root: YamlNode): Locate {
  return (path, part) => {
    let node = root;
    let owner: Place = root;
    for (const segment of path) {
      const entry = node.kind === 'map' ? node.entries.get(String(segment)) : undefined;
      const next = entry?.value ?? itemsOf(node)[segment as number];
      if (next === undefined) return owner.source.position(owner.at);
      owner = entry ?? next;
      node = next;
    }
    const { source, at } = part === 'key' ? owner : node;
    return source.position(at);
  };
}
