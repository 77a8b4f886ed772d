import { z } from 'zod';
import type { Notes } from './schema/scalars.ts';
import { settingName } from './settings.ts';

/** The structure of a schema of `schema/`, as far as reading a file needs it. */
export type Shape = ScalarShape | MappingShape | RecordShape | ListShape;

type Of<S> = { readonly schema: S; readonly notes: Notes };

export type ScalarShape = Of<z.core.$ZodType> & {
  readonly kind: 'scalar';
  /** What the value may be instead. */
  readonly orMapping: MappingShape | undefined;
};
export type MappingShape = Of<z.ZodObject> & {
  readonly kind: 'mapping';
  readonly slots: ReadonlyMap<string, Slot>;
  /** The slots that matter even if the key is missing. */
  readonly unlessGiven: readonly (readonly [key: string, slot: Slot])[];
};
export type RecordShape = Of<z.ZodRecord> & { readonly kind: 'record'; readonly value: Shape };
export type ListShape = Of<z.ZodArray> & { readonly kind: 'list'; readonly item: Shape };

/** One key of a mapping. */
export type Slot = {
  /** Its name in the typed configuration. */
  readonly name: string;
  readonly schema: z.core.$ZodType;
  readonly shape: Shape;
  readonly required: boolean;
};

const shapes = new WeakMap<z.core.$ZodType, Shape>();

export function shapeOf(schema: z.core.$ZodType): Shape {
  const known = shapes.get(schema);
  if (known !== undefined) return known;
  const shape = buildShape(schema);
  shapes.set(schema, shape);
  return shape;
}

/** The keys that a mapping may have. */
export function slotsOf(schema: z.core.$ZodType): ReadonlyMap<string, Slot> {
  const shape = shapeOf(schema);
  if (shape.kind !== 'mapping') throw new TypeError('the schema is no mapping');
  return shape.slots;
}

function buildShape(schema: z.core.$ZodType): Shape {
  const inner = unwrap(schema);
  const notes = (inner instanceof z.ZodType && (inner.meta() as Notes | undefined)) || {};
  if (inner instanceof z.ZodObject) {
    const slots = Object.entries(inner.shape).map(([key, value]) => [key, slotOf(key, value)] as const);
    const unlessGiven = slots.filter(([, slot]) => !(slot.schema instanceof z.ZodOptional));
    return { kind: 'mapping', schema: inner, notes, slots: new Map(slots), unlessGiven };
  }
  if (inner instanceof z.ZodArray)
    return { kind: 'list', schema: inner, notes, item: shapeOf(inner.def.element) };
  if (inner instanceof z.ZodRecord)
    return { kind: 'record', schema: inner, notes, value: shapeOf(inner.def.valueType) };
  const options = inner instanceof z.ZodUnion ? inner.def.options.map(shapeOf) : [];
  const orMapping = options.find((option) => option.kind === 'mapping');
  return { kind: 'scalar', schema: inner, notes, orMapping };
}

function slotOf(key: string, schema: z.core.$ZodType): Slot {
  const required = !(schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional);
  return { name: settingName(key), schema, shape: shapeOf(schema), required };
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault
    ? unwrap(schema.def.innerType)
    : schema;
}
