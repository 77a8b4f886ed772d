import type { ValuePath } from './problem.ts';

/** A scalar written as `{from_env: NAME}` or `{from_file: PATH}`. */
export class ExternalValue {
  readonly kind: 'env' | 'file';
  readonly name: string;
  /** Where in the whole configuration it stands. */
  path: ValuePath;
  /** `undefined` until read, and where it could not be: that problem is reported once, by the reader. */
  text: string | undefined;

  constructor(kind: 'env' | 'file', name: string, path: ValuePath) {
    this.kind = kind;
    this.name = name;
    this.path = path;
  }
}

/** Stands for a value that cannot be had, which is a problem that was reported. */
export const UNREADABLE = Symbol('unreadable');

/** Whether a value is missing for a reason that was reported: what follows from that is no news. */
export function isUnreadable(value: unknown): boolean {
  return value === UNREADABLE || (value instanceof ExternalValue && value.text === undefined);
}

/** The reference that a mapping of exactly one of the two keys is; `undefined` for any other mapping. */
export function parseExternalValue(
  value: Readonly<Record<string, unknown>>,
  path: ValuePath,
): ExternalValue | undefined {
  const [[key, name] = [], ...others] = Object.entries(value);
  if (others.length > 0) return undefined;
  if (typeof name !== 'string' || name === '') return undefined;
  if (key === 'from_env') return new ExternalValue('env', name, [...path]);
  if (key === 'from_file') return new ExternalValue('file', name, [...path]);
  return undefined;
}
