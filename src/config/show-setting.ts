import { showQuantity } from './schema/quantity.ts';
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
    case 'size':
      return showQuantity(value, shape.unit);
    default:
      return value;
  }
}

/** Whether a setting is a secret, may contain one, or is the content of a file. */
export function isHidden(shape: Shape): boolean {
  if (shape.kind === 'list') return isHidden(shape.item);
  return shape.kind === 'scalar' && shape.hidden;
}
