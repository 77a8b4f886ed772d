import { z } from 'zod';
import type { Diagnostics } from '../diagnostics.ts';
import type { Draft, Settings } from '../settings.ts';
import type { Entry } from '../yaml-tree.ts';

/**
 * A rule about several keys of a mapping together. A value that is invalid by itself is `undefined`, and the rule says nothing
 * about it. `written`: the keys of the file.
 */
export type Rule<S extends z.ZodObject> = (
  settings: Draft<Settings<z.output<S>>>,
  diagnostics: Diagnostics,
  written: ReadonlyMap<string, Entry>,
) => void;
/** The rule of some mapping. */
export type AnyRule = (
  settings: Readonly<Record<string, unknown>>,
  ...further: [diagnostics: Diagnostics, written: ReadonlyMap<string, Entry>]
) => void;

const rules = z.registry<{ readonly rule: unknown }>();

/** Adds a rule to a mapping. */
export function withRule<S extends z.ZodObject>(schema: S, rule: Rule<S>): S {
  rules.add(schema, { rule });
  return schema;
}

export function ruleOf(schema: z.ZodObject): AnyRule | undefined {
  return rules.get(schema)?.rule as AnyRule | undefined;
}
