import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';

const EXPECTED: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
};

/** Translates zod's issues for operators. A message of the schema itself takes precedence. */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, issue.input);
    case 'invalid_value':
      return wrongWord(issue.values.map(String), issue.input);
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `must have at most ${issue.maximum} characters`
        : `must be at most ${issue.maximum}`;
    default:
      return issue.message ?? 'is not valid';
  }
}

export function wrongType(expected: string, input: unknown): string {
  const wanted = EXPECTED[expected] ?? expected;
  if (input === null) return `must be ${wanted}, but nothing is given`;
  if (expected === 'int' && typeof input === 'number') return `must be ${wanted}`;
  const quote = expected === 'string' && typeof input !== 'object' ? ': put it in quotes' : '';
  return `must be ${wanted}, not ${kindOf(input)}${quote}`;
}

function wrongWord(words: readonly string[], input: unknown): string {
  const wanted = words.length === 1 ? `must be ${words[0]}` : `must be one of ${words.join(', ')}`;
  return typeof input === 'string' ? wanted + didYouMean(input, words) : wanted;
}

function kindOf(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a mapping';
  if (typeof input === 'string') return 'text';
  return typeof input === 'number' ? 'a number' : String(input);
}
