import { z } from 'zod';

/** A schema without what is wrapped around it: optional, defaults, reading of external values. */
export function innerSchema(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) {
    return innerSchema(schema.def.innerType);
  }
  if (schema instanceof z.ZodPipe) {
    return innerSchema(schema.def.in instanceof z.ZodTransform ? schema.def.out : schema.def.in);
  }
  return schema;
}

/** The schema of what a key or index leads to; `undefined` where there is none. */
export function childSchema(schema: z.core.$ZodType, key: string | number): z.core.$ZodType | undefined {
  const inner = innerSchema(schema);
  if (inner instanceof z.ZodObject) return Object.hasOwn(inner.shape, key) ? inner.shape[key] : undefined;
  if (inner instanceof z.ZodArray) return inner.def.element;
  if (inner instanceof z.ZodRecord) return inner.def.valueType;
  if (inner instanceof z.ZodUnion) {
    return inner.def.options.map((option) => childSchema(option, key)).find((child) => child !== undefined);
  }
  return undefined;
}

/** The keys that a mapping may have; none for a schema that is no mapping. */
export function knownKeys(schema: z.core.$ZodType): string[] {
  const inner = innerSchema(schema);
  if (inner instanceof z.ZodObject) return Object.keys(inner.shape);
  if (inner instanceof z.ZodUnion) return inner.def.options.flatMap(knownKeys);
  return [];
}

/** The value that a path leads to in plain data. */
export function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[segment];
  }
  return value;
}
