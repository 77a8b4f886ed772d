import { z } from 'zod';
import { describeIssue } from './describe-issue.ts';
import { childSchema, innerSchema, knownKeys } from './schema-walk.ts';

type ParseResult<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly issues: z.core.$ZodIssue[] };

/** Validates with the operator's words. With very many mistakes zod overflows the stack: then it goes part by part. */
export function parseWith<S extends z.core.$ZodType>(schema: S, input: unknown): ParseResult<z.output<S>> {
  try {
    const parsed = z.safeParse(schema, input, { error: describeIssue });
    return parsed.success ? parsed : { success: false, issues: parsed.error.issues };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { success: false, issues: issuesOfParts(schema, input) };
  }
}

function issuesOfParts(schema: z.core.$ZodType, input: unknown): z.core.$ZodIssue[] {
  const inner = innerSchema(schema);
  const issues: z.core.$ZodIssue[] = [];
  for (const [key, value] of partsOf(inner, input)) {
    const child = childSchema(inner, key);
    const parsed = child && parseWith(child, value);
    if (parsed?.success !== false) continue;
    for (const issue of parsed.issues) issues.push({ ...issue, path: [key, ...issue.path] });
  }
  if (inner instanceof z.ZodObject) {
    const known = knownKeys(inner);
    const keys = Object.keys(input as object).filter((key) => !known.includes(key));
    if (keys.length > 0) issues.push({ code: 'unrecognized_keys', keys, path: [], message: '' });
  }
  if (inner instanceof z.ZodRecord) {
    for (const key of Object.keys(input as object)) {
      const parsed = parseWith(inner.def.keyType, key);
      if (parsed.success) continue;
      issues.push({ code: 'invalid_key', origin: 'record', issues: parsed.issues, path: [key], message: '' });
    }
  }
  return issues;
}

function partsOf(schema: z.core.$ZodType, input: unknown): Iterable<[string | number, unknown]> {
  if (Array.isArray(input)) return input.entries();
  const given = input as Record<string, unknown>;
  if (!(schema instanceof z.ZodObject)) return Object.entries(given);
  return knownKeys(schema).map((key) => [key, Object.hasOwn(given, key) ? given[key] : undefined]);
}
