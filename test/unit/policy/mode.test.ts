import { expect, test } from 'vitest';
import { type Mode, strictestMode } from '../../../src/policy/mode.ts';

test.each<[modes: Mode[], strictest: Mode]>([
  [[], 'off'],
  [['off'], 'off'],
  [['report'], 'report'],
  [['off', 'report'], 'report'],
  [['report', 'off'], 'report'],
  [['enforce', 'off', 'report'], 'enforce'],
  [['off', 'report', 'enforce'], 'enforce'],
])('the strictest of %j is %s', (modes, strictest) => expect(strictestMode(modes)).toBe(strictest));
