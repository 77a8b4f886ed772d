import { z } from 'zod';
import { ExternalValue } from '../external-value.ts';

/** What a parser of this folder makes of a text. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** Annotations that the JSON Schema and the reference are made from; zod drops `default` and `examples` of parsed scalars. */
export type Notes = {
  /** What the reference calls the type. */
  readonly 'x-type'?: string;
  readonly 'x-default'?: unknown;
  readonly 'x-examples'?: readonly unknown[];
  readonly pattern?: string;
};

/** A scalar that may also come from a variable or a file, which both give text. */
function external<S extends z.ZodType>(schema: S, convert: (text: string) => unknown = (text) => text) {
  return z.preprocess(
    (value) => (value instanceof ExternalValue && value.text !== undefined ? convert(value.text) : value),
    schema,
  );
}

/** Text that is not empty and has no control characters. */
export function text({ max = 1024, notes = {} }: { max?: number; notes?: Notes } = {}) {
  const schema = z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !hasControlCharacter(value), 'must not contain control characters')
    .meta(notes);
  return external(schema);
}

/** Text that is parsed into something else, or refused with a problem. */
export function textAs<T>(parse: (text: string) => Parsed<T>, notes: Notes = {}, wrongType?: string) {
  const schema = z
    .string(wrongType === undefined ? {} : { error: wrongType })
    .meta(notes)
    .transform((value, context) => unwrapParsed(parse(value), context));
  return external(schema);
}

export function integer(min: number, max: number) {
  return external(z.number().int().min(min).max(max), numberOf);
}

/** A whole number, or text that is parsed into one. */
export function integerOr<T>(parse: (value: number | string) => Parsed<T>, notes: Notes, wrongType: string) {
  const schema = z
    .union([z.number(), z.string()], { error: wrongType })
    .meta(notes)
    .transform((value, context) => unwrapParsed(parse(value), context));
  return external(schema, numberOf);
}

export function flag() {
  return external(z.boolean(), (value) => (value === 'true' ? true : value === 'false' ? false : value));
}

/** true, false, or a word. */
export function flagOr<const W extends string>(word: W) {
  const schema = z.union([z.boolean(), z.literal(word)], { error: `must be true, false or ${word}` });
  return external(schema, (value) => (value === 'true' ? true : value === 'false' ? false : value));
}

export function choice<const T extends readonly [string, ...string[]]>(
  words: T,
  error?: (input: unknown) => string | undefined,
) {
  return external(z.enum(words, error === undefined ? {} : { error: (issue) => error(issue.input) }));
}

/** A mapping with known keys. A key with nothing after it (`limits:`) is an empty one. */
export function section<const S extends z.ZodRawShape>(shape: S) {
  return emptyWhenNull(mapping(shape));
}

/** A mapping with known keys. What a variable or a file gives is text, and never one. */
export function mapping<const S extends z.ZodRawShape>(shape: S) {
  return z.preprocess((value) => (value instanceof ExternalValue ? '' : value), z.strictObject(shape));
}

export function emptyWhenNull<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (value === null ? {} : value), schema).meta({ 'x-nullable': true });
}

export function hasControlCharacter(value: string): boolean {
  return /[\u0000-\u001f\u007f]/.test(value);
}

function numberOf(value: string): unknown {
  return /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}

function unwrapParsed<T>(parsed: Parsed<T>, context: z.RefinementCtx): T {
  if ('value' in parsed) return parsed.value;
  context.addIssue({ code: 'custom', message: parsed.problem });
  return z.NEVER;
}
