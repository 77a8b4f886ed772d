import { z } from 'zod';
import type { Diagnostics } from '../diagnostics.ts';
import type { Draft, Settings } from '../settings.ts';
import type { Entry } from '../yaml-tree.ts';

type About<T> = (settings: T, diagnostics: Diagnostics, written: ReadonlyMap<string, Entry>) => void;

const rules = z.registry<{ readonly rule: unknown }>();

/**
 * Adds a rule about several keys of a mapping together. A value that is invalid by itself is `undefined`, and the rule says
 * nothing about it. `written`: the keys of the file.
 */
export function withRule<S extends z.ZodObject>(schema: S, rule: About<Draft<Settings<z.output<S>>>>): void {
  rules.add(schema, { rule });
}

export function ruleOf(schema: z.core.$ZodType): About<Readonly<Record<string, unknown>>> | undefined {
  return rules.get(schema)?.rule as About<Readonly<Record<string, unknown>>> | undefined;
}
