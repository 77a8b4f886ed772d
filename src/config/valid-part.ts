import { z } from 'zod';
import type { Address } from './config.ts';
import { ExternalValue } from './external-value.ts';
import { parseWith } from './parse-with.ts';
import { childSchema, innerSchema, knownKeys } from './schema-walk.ts';

/**
 * Data of which some is not valid. A key that was given but is not valid is there and `undefined`, so that nobody takes it
 * for one that was left out.
 */
export type ValidPart<T> = T extends readonly (infer E)[]
  ? readonly (ValidPart<E> | undefined)[]
  : T extends Address
    ? T
    : T extends object
      ? { readonly [K in keyof T]?: ValidPart<T[K]> | undefined }
      : T;

/** What of the input is valid, so that one mistake does not hide those that only show when values are compared. */
export function validPart<S extends z.core.$ZodType>(
  schema: S,
  input: unknown,
): ValidPart<z.output<S>> | undefined {
  const parsed = parseWith(schema, input);
  if (parsed.success) return parsed.data as ValidPart<z.output<S>>;
  return partOf(schema, input) as ValidPart<z.output<S>> | undefined;
}

function partOf(schema: z.core.$ZodType, input: unknown): unknown {
  const inner = innerSchema(schema);
  if (typeof input !== 'object' || input === null || input instanceof ExternalValue) return undefined;
  if (Array.isArray(input)) {
    return inner instanceof z.ZodArray ? input.map((item) => validPart(inner.def.element, item)) : undefined;
  }
  const given = input as Record<string, unknown>;
  const keys = inner instanceof z.ZodRecord ? Object.keys(given) : knownKeys(inner);
  // A mapping in the place of a list or of a single value has no valid part: it must not look like an empty one.
  if (keys.length === 0) return undefined;
  const part: Record<string, unknown> = {};
  for (const key of keys) {
    const child = childSchema(inner, key) as z.core.$ZodType;
    const value = validPart(child, Object.hasOwn(given, key) ? given[key] : undefined);
    if (value !== undefined || Object.hasOwn(given, key)) part[key] = value;
  }
  return part;
}
