import type { Shape } from './schema-shape.ts';

/** A setting as it is written in the file; hidden values are not shown. */
export function showSetting(value: unknown, shape: Shape): unknown {
  if (value === undefined || shape.kind === 'mapping' || shape.kind === 'record') return value;
  if (isHidden(shape)) return '(hidden)';
  if (shape.kind !== 'scalar' || typeof value !== 'number') return value;
  switch (shape.unit) {
    case 'moment':
      return new Date(value).toISOString();
    case 'duration':
      return inUnits(value, DURATIONS, 'ms');
    case 'size':
      return inUnits(value, SIZES, 'B');
    default:
      return value;
  }
}

/** Whether a setting is a secret, may contain one, or is the content of a file. */
export function isHidden(shape: Shape): boolean {
  if (shape.kind === 'list') return isHidden(shape.item);
  return shape.kind === 'scalar' && shape.hidden;
}

type Units = readonly (readonly [unit: string, size: number])[];
const DURATIONS: Units = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];
const SIZES: Units = [
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
];

function inUnits(value: number, units: Units, smallest: string): string {
  const [unit, size] = units.find(([, size]) => value >= size && value % size === 0) ?? [smallest, 1];
  return `${value / size}${unit}`;
}
