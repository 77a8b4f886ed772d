import { z } from 'zod';

/** The result of a parser of this folder. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** Annotations for the reference and for reading a file, and keywords for the JSON Schema that zod cannot derive. */
export type Notes = {
  /** The name of the type in the reference. */
  readonly 'x-type'?: string;
  readonly 'x-default'?: unknown;
  readonly 'x-examples'?: readonly unknown[];
  /** The unit in which a number is written and shown. */
  readonly 'x-unit'?: 'duration' | 'size' | 'moment';
  /** Never shown; clear text causes a warning. */
  readonly 'x-secret'?: boolean;
  /** It may contain a secret, so that it is not shown. */
  readonly 'x-hidden'?: boolean;
  /** The value is a file name; the setting is the content of that file. */
  readonly 'x-file'?: boolean;
  /** A key without a value is an empty mapping. */
  readonly 'x-nullable'?: boolean;
  readonly pattern?: string;
  readonly anyOf?: readonly object[];
};

/** Text that is not empty and has no control characters. */
export function text({ max = 1024, notes = {} }: { max?: number; notes?: Notes } = {}) {
  return z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !hasControlCharacter(value), 'must not contain control characters')
    .meta(notes);
}

/** Text that is never shown. */
export function secret(schema: z.ZodType<string> = text({ max: 4096, notes: { 'x-type': 'secret' } })) {
  return schema.meta({ 'x-secret': true });
}

/** The name of a file, relative to the configuration; the setting is its content. Its key ends with `_file`. */
export function file(problemOf: (content: string) => string | undefined) {
  return textThat({ 'x-type': 'file name', 'x-file': true }, problemOf);
}

/** Text that stays as it is, unless there is a problem with it. */
export function textThat(notes: Notes, problemOf: (text: string) => string | undefined) {
  return textAs(notes, (text): Parsed<string> => {
    const problem = problemOf(text);
    return problem === undefined ? { value: text } : { problem };
  });
}

/** Text that is parsed into something else, or refused with a problem. */
export function textAs<T>(notes: Notes, parse: (text: string) => Parsed<T>, wrongType?: string) {
  return z
    .string(wrongType === undefined ? {} : { error: wrongType })
    .transform((value, context) => unwrapParsed(parse(value), context))
    .meta(notes);
}

export function integer(min: number, max: number) {
  return z.number().int().min(min).max(max);
}

/** A mapping with known keys. A key with nothing after it (`limits:`) is an empty one. */
export function section<const S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape).meta({ 'x-nullable': true });
}

export function hasControlCharacter(value: string): boolean {
  return /[\u0000-\u001f\u007f-\u009f]/.test(value);
}

export function unwrapParsed<T>(parsed: Parsed<T>, context: z.RefinementCtx): T {
  if ('value' in parsed) return parsed.value;
  context.addIssue({ code: 'custom', message: parsed.problem });
  return z.NEVER;
}
