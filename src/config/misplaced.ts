import { z } from 'zod';
import type { MappingShape, Shape, Slot } from './schema-shape.ts';
import { isHidden } from './show-settings.ts';
import { type Entry, isNull } from './yaml-tree.ts';

/** The longest value that a hint repeats. */
const LONGEST = 80;

/** `: it belongs under a or b` for a key of mappings one level below, or for `a_key`, or nothing. */
export function whereItBelongs(key: string, { slots }: MappingShape): string {
  for (const [name, { shape }] of slots) {
    const below = key.startsWith(name) ? key.slice(name.length).replace(/^[_-]/, '') : '';
    if (shape.kind === 'mapping' && shape.slots.has(below)) return `: write ${name}: {${below}: …}`;
  }
  const homes = [...slots].filter(([, { shape }]) => mappingIn(shape)?.slots.has(key)).map(([name]) => name);
  const last = homes.pop();
  if (last === undefined) return '';
  return `: it belongs under ${homes.length === 0 ? last : `${homes.join(', ')} or ${last}`}`;
}

/** A hint for a key that is beside its entry instead of below it, or nothing. */
export function belowAnEntry(name: string | number | undefined, { slots }: MappingShape): string {
  return slots.has(String(name)) ? ': it belongs to the entry above: indent it further' : '';
}

/** A hint for a key that may belong to a record above it, which is empty, or nothing. */
export function belowAnEmptyKey(entries: ReadonlyMap<string, Entry>, { slots }: MappingShape): string {
  const found = [...entries].find(
    ([name, { value }]) => slots.get(name)?.shape.kind === 'record' && isNull(value),
  );
  return found === undefined ? '' : `: if it belongs to ${found[0]}, indent it further`;
}

/** A hint for a text instead of a mapping: `key:value`, or a value that only one key accepts; or nothing. */
export function asMapping(value: unknown, { slots }: MappingShape): string {
  if (typeof value !== 'string' || value.length > LONGEST) return '';
  const [, key = ''] = /^([\w-]+):\S/.exec(value) ?? [];
  if (slots.has(key)) return `: put a space after \`${key}:\``;
  const found = [...slots].find(([, slot]) => takesOnlySuch(slot, value));
  return found === undefined ? '' : `: write {${found[0]}: ${value}}`;
}

/** Whether a setting accepts this text, but not any text. A secret is not repeated. */
function takesOnlySuch({ shape, schema }: Slot, value: string): boolean {
  if (shape.kind !== 'scalar' || isHidden(shape)) return false;
  return z.safeParse(schema, value).success && !z.safeParse(schema, 'any text').success;
}

function mappingIn(shape: Shape): MappingShape | undefined {
  if (shape.kind === 'record') return mappingIn(shape.value);
  if (shape.kind === 'list') return mappingIn(shape.item);
  return shape.kind === 'scalar' ? shape.orMapping : shape;
}
