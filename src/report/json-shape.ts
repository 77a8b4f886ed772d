import { isJsonObject } from '../oauth/json-object.ts';

/** Whether parsed JSON has a shape. */
export type Shape<T> = (value: unknown) => value is T;

/** The type of the values that have a shape. */
export type Shaped<S> = S extends Shape<infer T> ? T : never;

export const text: Shape<string> = (value) => typeof value === 'string';
export const flag: Shape<boolean> = (value) => typeof value === 'boolean';
export const count: Shape<number> = (value): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value) => value === null || shape(value);
}

export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(shape);
}

export function recordOf<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> =>
    isJsonObject(value) && Object.values(value).every(shape);
}

/** An object with at least these fields. */
export function object<F extends Readonly<Record<string, Shape<unknown>>>>(
  fields: F,
): Shape<{ readonly [K in keyof F]: Shaped<F[K]> }> {
  return (value): value is { readonly [K in keyof F]: Shaped<F[K]> } =>
    isJsonObject(value) && Object.entries(fields).every(([name, shape]) => shape(value[name]));
}
