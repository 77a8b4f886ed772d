import { z } from 'zod';
import type { Diagnostics } from '../diagnostics.ts';
import type { Draft, Settings } from '../settings.ts';
import type { Entry } from '../yaml-tree.ts';

type About<T> = (settings: T, diagnostics: Diagnostics, written: ReadonlyMap<string, Entry>) => void;

type Rule = About<Readonly<Record<string, unknown>>>;

const rules = z.registry<{ readonly rule: unknown }>();
/** The registry searches the parents of a schema each time, and a file may have many clients. */
const known = new Map<z.core.$ZodType, Rule | undefined>();

/**
 * Adds a rule about several keys of a mapping together. A value that is invalid by itself is `undefined`, and the rule says
 * nothing about it. `written`: the keys of the file.
 */
export function withRule<S extends z.ZodObject>(schema: S, rule: About<Draft<Settings<z.output<S>>>>): void {
  rules.add(schema, { rule });
}

export function ruleOf(schema: z.core.$ZodType): Rule | undefined {
  if (!known.has(schema)) known.set(schema, rules.get(schema)?.rule as Rule | undefined);
  return known.get(schema);
}
