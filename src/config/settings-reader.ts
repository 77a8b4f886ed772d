import { z } from 'zod';
import { describeIssue, wrongType } from './describe-issue.ts';
import type { Diagnostics } from './diagnostics.ts';
import { closestWord, didYouMean } from './did-you-mean.ts';
import type { FileContent } from './file-reader.ts';
import { asMapping, belowAnEmptyKey, belowAnEntry, whereItBelongs } from './misplaced.ts';
import { ruleOf } from './rules/rule.ts';
import './rules/check-gateway.ts';
import './rules/check-issuer.ts';
import './rules/check-store.ts';
import './rules/check-tls.ts';
import {
  type ListShape,
  type MappingShape,
  type RecordShape,
  type ScalarShape,
  type Shape,
  type Slot,
  shapeOf,
} from './schema-shape.ts';
import type { Draft, Settings } from './settings.ts';
import type { Entry, ListNode, MapNode, ScalarNode, YamlNode } from './yaml-tree.ts';

const REFERENCE = 'write {from_env: NAME} or {from_file: PATH}';
/** The syntax of other programs for a variable or a file. */
const FOREIGN_REFERENCE = /env|file|secret|value_?from/i;
const IN_BRACKETS = ': put it in brackets: [a, b]';
const WITHOUT_DASH = ': write `NAME: {…}` for each, without a dash';
const EXTERNAL = ': from_env and from_file work for single values only';
const FILE_NAME = shapeOf(z.string().min(1).max(4096));

/** Turns the tree of a file into settings according to the schema; reports each value that is invalid by itself. */
export class SettingsReader {
  readonly #diagnostics: Diagnostics;
  readonly #path: (string | number)[] = [];
  /** Aliased nodes are read once: otherwise ten aliases of ten aliases of ten … would exhaust the memory. */
  readonly #repeated = new Map<YamlNode, { readonly shape: Shape; readonly value: unknown }>();
  readonly #defaults = new Map<Slot, unknown>();

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  /** The settings are valid if there are no diagnostics. */
  read<S extends z.ZodType>(schema: S, root: YamlNode): Draft<Settings<z.output<S>>> | undefined {
    return this.#read(shapeOf(schema), root) as Draft<Settings<z.output<S>>> | undefined;
  }

  /** `undefined` after a problem was reported. */
  #read(shape: Shape, node: YamlNode): unknown {
    if (node.kind === 'broken') return undefined;
    const repeated = 'repeated' in node && node.repeated ? this.#repeated.get(node) : undefined;
    if (repeated?.shape === shape) return repeated.value;
    const input = this.#inputOf(node);
    const value = input === undefined ? undefined : this.#readAs(shape, node, input);
    if ('repeated' in node && node.repeated) this.#repeated.set(node, { shape, value });
    return value;
  }

  /** The kind of a node, as far as the schema cares. */
  #inputOf(node: Exclude<YamlNode, { kind: 'broken' }>): ScalarNode['value'] | object | undefined {
    if (node.kind === 'scalar') return node.value;
    if (node.kind === 'external') return this.#textOf(node.content, true);
    return node.kind === 'list' ? [] : {};
  }

  #readAs(shape: Shape, node: YamlNode, input: ScalarNode['value'] | object): unknown {
    const wrong = (expected: string, hint = '') =>
      this.#invalid(wrongType(expected, input) + (node.kind === 'external' ? EXTERNAL : hint));
    switch (shape.kind) {
      case 'scalar':
        if (node.kind === 'map' && shape.orMapping) return this.#readEntries(shape.orMapping, node.entries);
        return this.#readScalar(shape, input, node);
      case 'mapping':
        if (node.kind === 'map') return this.#readEntries(shape, node.entries);
        if (input === null && shape.notes['x-nullable']) return this.#readEntries(shape, new Map());
        return wrong('object', belowAnEntry(this.#path.at(-1), shape) || asMapping(input, shape));
      case 'record':
        if (node.kind === 'map') return this.#readRecord(shape, node);
        if (input === null && shape.notes['x-nullable']) return [];
        return wrong('object', node.kind === 'list' ? WITHOUT_DASH : '');
      case 'list':
        if (node.kind !== 'list')
          return wrong('array', node.kind === 'scalar' && input !== null ? IN_BRACKETS : '');
        // The only check of a list is that it has an item.
        if (node.items.length === 0 && shape.schema.def.checks?.length)
          return this.#invalid('must not be empty');
        return this.#readItems(shape, node);
    }
  }

  #readEntries(shape: MappingShape, entries: ReadonlyMap<string, Entry>): unknown {
    const settings: Record<string, unknown> = {};
    for (const [key, entry] of entries) {
      const slot = shape.slots.get(key);
      this.#path.push(key);
      if (slot === undefined) {
        const known = [...shape.slots.keys()];
        const hint = whereItBelongs(key, shape) || didYouMean(key, known) || belowAnEmptyKey(entries, shape);
        this.#diagnostics.problem(this.#path, `unknown key${hint}`, 'key');
        // The intended key is not reported as missing too.
        const meant = shape.slots.get(closestWord(key, known) ?? '');
        if (meant !== undefined && !(meant.name in settings)) settings[meant.name] = undefined;
      } else if (slot.shape.kind === 'scalar' && slot.shape.notes['x-file']) {
        settings[slot.name] = this.#readFile(slot.shape, entry);
      } else {
        settings[slot.name] = this.#read(slot.shape, entry.value);
      }
      this.#path.pop();
    }
    for (const [key, slot] of shape.unlessGiven) {
      if (slot.name in settings) continue;
      if (slot.required) {
        this.#path.push(key);
        this.#invalid('is required');
        this.#path.pop();
      } else settings[slot.name] = this.#defaultOf(slot);
    }
    ruleOf(shape.schema)?.(settings, this.#diagnostics.below(...this.#path), entries);
    return settings;
  }

  #readItems({ item }: ListShape, { items }: ListNode): unknown {
    return items.map((node, index) => {
      this.#path.push(index);
      const value = this.#read(item, node);
      this.#path.pop();
      return value;
    });
  }

  #readRecord(shape: RecordShape, { entries }: MapNode): unknown {
    const settings: (readonly [string, unknown])[] = [];
    for (const [key, entry] of entries) {
      this.#path.push(key);
      const parsed = z.safeParse(shape.schema.keyType, key);
      if (!parsed.success) this.#diagnostics.problem(this.#path, messageOf(parsed.error), 'key');
      settings.push([key, this.#read(shape.value, entry.value)]);
      this.#path.pop();
    }
    return settings;
  }

  #readScalar(shape: ScalarShape, input: ScalarNode['value'] | object, node: YamlNode): unknown {
    const isWritten = node.kind === 'scalar' && typeof input === 'string';
    const [, name] = (isWritten && /\$\{([A-Za-z_]\w*)/.exec(input)) || [];
    if (name !== undefined) return this.#invalid(`\${${name}} is not expanded: write {from_env: ${name}}`);
    if (isWritten && shape.notes['x-secret'])
      this.#diagnostics.warning(this.#path, `this secret is written in clear text: ${REFERENCE}`);
    let parsed = z.safeParse(shape.schema, input, { error: describeIssue });
    // A variable or a file contains text; if the schema needs a number or a flag, the text is parsed.
    const other = parsed.success || node.kind !== 'external' ? undefined : valueOfText(String(input));
    if (other !== undefined) parsed = z.safeParse(shape.schema, other, { error: describeIssue });
    if (parsed.success) return parsed.data;
    const isReference =
      node.kind === 'map' && [...node.entries.keys()].some((key) => FOREIGN_REFERENCE.test(key));
    return this.#invalid(messageOf(parsed.error) + (isReference ? `: ${REFERENCE}` : ''));
  }

  /** The content of the file that an entry names. */
  #readFile(shape: ScalarShape, entry: Entry): unknown {
    const name = this.#read(FILE_NAME, entry.value);
    const text =
      name === undefined ? undefined : this.#textOf(entry.content, shape.notes['x-secret'] === true);
    if (text === undefined) return undefined;
    const parsed = z.safeParse(shape.schema, text);
    return parsed.success ? parsed.data : this.#invalid(`${name} ${messageOf(parsed.error)}`);
  }

  /** The text of a variable or a file; `undefined` after a problem was reported. */
  #textOf(content: FileContent | undefined, secret: boolean): string | undefined {
    if (content === undefined) return undefined;
    if ('failure' in content) return this.#invalid(content.failure);
    if (secret && content.exposure !== undefined) this.#diagnostics.warning(this.#path, content.exposure);
    return content.text;
  }

  #defaultOf(slot: Slot): unknown {
    const { shape, schema } = slot;
    if (this.#defaults.has(slot)) return this.#defaults.get(slot);
    const others = () => (shape.kind === 'record' ? [] : z.parse(schema, undefined));
    const value = shape.kind === 'mapping' ? this.#readEntries(shape, new Map()) : others();
    this.#defaults.set(slot, value);
    return value;
  }

  #invalid(message: string): undefined {
    this.#diagnostics.problem(this.#path, message);
  }
}

function valueOfText(text: string): number | boolean | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function messageOf(error: z.core.$ZodError): string {
  return error.issues[0]?.message ?? 'is not valid';
}
