import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { isUnreadable } from './external-value.ts';
import type { Findings } from './findings.ts';
import type { ValuePath } from './problem.ts';
import { childSchema, knownKeys, valueAt } from './schema-walk.ts';

/** Makes problems, with their positions, of zod's issues. */
export function reportIssues(
  issues: readonly z.core.$ZodIssue[],
  { schema, raw, parent = [] }: { schema: z.core.$ZodType; raw: unknown; parent?: ValuePath },
  findings: Findings,
): void {
  for (const issue of issues) {
    const path = [...parent, ...(issue.path as ValuePath)];
    if (isUnreadable(valueAt(raw, path))) continue;
    switch (issue.code) {
      case 'unrecognized_keys': {
        const known = knownKeys(schemaAt(schema, path));
        for (const key of issue.keys) {
          findings.problem([...path, key], `unknown key${didYouMean(key, known)}`, 'key');
        }
        break;
      }
      case 'invalid_key':
        findings.problem(path, issue.issues[0]?.message ?? issue.message, 'key');
        break;
      case 'invalid_union': {
        const meant = meantBranch(issue.errors);
        if (meant === undefined) findings.problem(path, issue.message);
        else reportIssues(meant, { schema, raw, parent: path }, findings);
        break;
      }
      default:
        findings.problem(
          path,
          issue.message,
          issue.code === 'invalid_type' && issue.expected === 'never' ? 'key' : 'value',
        );
    }
  }
}

/** Of the branches of a union, the one whose kind of value was given: its issues lie deeper. */
function meantBranch(branches: readonly (readonly z.core.$ZodIssue[])[]) {
  return branches.find((issues) =>
    issues.some((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  );
}

function schemaAt(schema: z.core.$ZodType, path: ValuePath): z.core.$ZodType {
  let current = schema;
  for (const segment of path) current = childSchema(current, segment) ?? current;
  return current;
}
