import {
  type AliasEvent,
  boolCoreTag,
  EVENT_ID,
  type Event,
  floatCoreTag,
  getScalarValue,
  intCoreTag,
  type MappingEvent,
  NOT_RESOLVED,
  nullCoreTag,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
  YAMLException,
} from 'js-yaml';
import type { Diagnostics } from './diagnostics.ts';
import { SourceText } from './source-text.ts';
import type { Entry, ExternalNode, ListNode, MapNode, ScalarNode, YamlNode, YamlTree } from './yaml-tree.ts';

type NodeEvent = ScalarEvent | AliasEvent | SequenceEvent | MappingEvent;

const DEEPEST = 32;
const PLAIN_TAGS = [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag];
/** The first characters of a null, a boolean or a number: most texts need no further check. */
const MAYBE_NO_TEXT = /^(?:$|[~nNtTfF0-9.+-])/;

/** The tree of a file; `undefined` if it is empty or, after one problem, not YAML. */
export function parseYaml(text: string, file: string, diagnostics: Diagnostics): YamlTree | undefined {
  const source = new SourceText(file, text);
  try {
    return new TreeBuilder(source, diagnostics).build();
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const at = source.position(error.mark?.position ?? 0);
    const message = error.reason.includes('maxDepth')
      ? 'nested too deeply'
      : `not valid YAML: ${error.reason}${syntaxHint(source.line(at.line))}`;
    diagnostics.problemAt(at, [], message);
    return undefined;
  }
}

/** Builds a tree from the events of the parser, which does not detect duplicate keys. */
class TreeBuilder {
  readonly #source: SourceText;
  readonly #diagnostics: Diagnostics;
  readonly #events: readonly Event[];
  #next = 0;
  readonly #path: (string | number)[] = [];
  /** `undefined`: not complete yet, so an alias at this point would contain itself. */
  readonly #anchors = new Map<string, YamlNode | undefined>();
  readonly #externals: ExternalNode[] = [];
  readonly #fileKeys: Entry[] = [];

  constructor(source: SourceText, diagnostics: Diagnostics) {
    this.#source = source;
    this.#diagnostics = diagnostics;
    this.#events = parseEvents(source.text, { maxDepth: DEEPEST });
  }

  build(): YamlTree | undefined {
    if (this.#events.length === 0) return undefined;
    this.#next = 1;
    const root = this.#readNode(0);
    const [, second] = this.#events.slice(this.#next);
    if (second !== undefined) {
      const { text } = this.#source;
      const after = this.#events[this.#next + 2];
      const at = text.lastIndexOf('---', after !== undefined && 'start' in after ? after.start : text.length);
      this.#problem(at, 'a second YAML document: the configuration must be a single document');
      return undefined;
    }
    return { root, externals: this.#externals, fileKeys: this.#fileKeys };
  }

  /** `place`: the offset for a missing value. */
  #readNode(place: number): YamlNode {
    const event = this.#events[this.#next++] as NodeEvent;
    if (event.type === EVENT_ID.ALIAS) return this.#readAlias(event);
    const anchor = this.#textOf(event.anchorStart, event.anchorEnd);
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    let node = event.type === EVENT_ID.SCALAR ? this.#readScalar(event, place) : this.#readCollection(event);
    const tag = this.#textOf(event.tagStart, event.tagEnd);
    if (tag !== undefined && tag !== '!!str') {
      this.#problem(event.tagStart, `tags such as ${tag} are not supported`);
      node = this.#broken(event.tagStart);
    }
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return node;
  }

  #readScalar(event: ScalarEvent, place: number): YamlNode {
    const { valueStart, tagStart, style } = event;
    const text = getScalarValue(this.#source.text, event);
    const isQuoted = style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED;
    const value = style === SCALAR_STYLE.PLAIN && tagStart < 0 ? resolvePlain(text) : text;
    const at = valueStart < 0 ? place : valueStart - Number(isQuoted);
    return { source: this.#source, at, kind: 'scalar', value };
  }

  #readAlias({ anchorStart, anchorEnd }: AliasEvent): YamlNode {
    const name = this.#source.text.slice(anchorStart, anchorEnd);
    const target = this.#anchors.get(name);
    if (target === undefined) {
      const isOpen = this.#anchors.has(name);
      this.#problem(anchorStart - 1, isOpen ? `*${name} contains itself` : `no anchor &${name} before this`);
      return this.#broken(anchorStart - 1);
    }
    if ('repeated' in target) target.repeated = true;
    return target;
  }

  #readCollection({ type, start }: SequenceEvent | MappingEvent): YamlNode {
    const place = { source: this.#source, at: start, repeated: false };
    if (type === EVENT_ID.MAPPING) return this.#readMap({ ...place, kind: 'map', entries: new Map() });
    const list: ListNode = { ...place, kind: 'list', items: [] };
    while (this.#goesOn()) {
      this.#path.push(list.items.length);
      list.items.push(this.#readNode(start));
      this.#path.pop();
    }
    return list;
  }

  #readMap(map: MapNode): YamlNode {
    while (this.#goesOn()) {
      const event = this.#events[this.#next];
      const key = this.#readNode(map.at);
      if (event?.type !== EVENT_ID.SCALAR) {
        this.#problem(key.at, 'a key must be plain text: put values that contain braces in quotes');
        this.#readNode(key.at);
        continue;
      }
      // As written: a client_id 007 is not the number 7.
      const name = getScalarValue(this.#source.text, event);
      this.#path.push(name);
      const problem = this.#problemOfKey(name, map);
      if (problem !== undefined) this.#problem(key.at, problem);
      const entry: Entry = { source: this.#source, at: key.at, value: this.#readNode(key.at) };
      if (problem === undefined) map.entries.set(name, entry);
      // A FIFO can be read only once.
      if (name.endsWith('_file') && name !== 'from_file') this.#fileKeys.push(entry);
      this.#path.pop();
    }
    const external = externalOf(map);
    if (external !== undefined) this.#externals.push(external);
    return external ?? map;
  }

  #problemOfKey(name: string, { entries }: MapNode): string | undefined {
    const first = entries.get(name);
    if (first !== undefined) return `duplicate key (first in line ${this.#source.position(first.at).line})`;
    if (name === '__proto__') return 'this name cannot be used';
    if (name !== '<<') return undefined;
    return 'merge keys do not work here: put what clients have in common under `defaults`';
  }

  /** Whether the collection has another item; its end event is consumed. */
  #goesOn(): boolean {
    if (this.#events[this.#next]?.type !== EVENT_ID.POP) return true;
    this.#next += 1;
    return false;
  }

  #problem(at: number, message: string): void {
    this.#diagnostics.problemAt(this.#source.position(at), this.#path, message);
  }

  #broken(at: number): YamlNode {
    return { source: this.#source, at, kind: 'broken' };
  }

  #textOf(start: number, end: number): string | undefined {
    return start < 0 ? undefined : this.#source.text.slice(start, end);
  }
}

/** YAML 1.2, core schema: `yes` and `2027-01-15` are text. */
function resolvePlain(text: string): ScalarNode['value'] {
  if (!MAYBE_NO_TEXT.test(text)) return text;
  for (const tag of PLAIN_TAGS) {
    const value = tag.resolve(text, false, tag.tagName);
    if (value !== NOT_RESOLVED) return value as ScalarNode['value'];
  }
  return text;
}

function externalOf({ source, at, entries }: MapNode): ExternalNode | undefined {
  if (entries.size !== 1) return undefined;
  const variable = entries.get('from_env');
  const value = (variable ?? entries.get('from_file'))?.value;
  if (value?.kind !== 'scalar' || typeof value.value !== 'string' || value.value === '') return undefined;
  return { source, at, kind: 'external', via: variable === undefined ? 'file' : 'env', name: value.value };
}

const HINTS: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/\$\{\w+\}/, '; variables are not expanded: write {from_env: VAR}'],
  [/\{\{/, '; render the template first; a value that contains braces needs quotes'],
  [/:\s*\[[\da-f:]+\]:\d/i, '; an address with brackets needs quotes: "[::1]:8080"'],
  [/\{(?:\w+|\*)\}/, '; a value with braces needs quotes: "/realms/{realm}/token"'],
  [/[:,[-]\s*[@`%]/, '; a value that begins with @, ` or % needs quotes'],
  [/^\s*\t/, '; indent with spaces, not tabs'],
  [/: [^{[]*: /, '; a value that contains a colon and a space needs quotes'],
];

/** A hint at the likely mistake in a line that is not YAML. */
function syntaxHint(line: string): string {
  return HINTS.find(([pattern]) => pattern.test(line))?.[1] ?? '; check indentation, brackets and quotes';
}
