import { REASONS } from '../src/policy/reason.ts';

/** The meaning of each reason, and the advice, in the words of the verdicts. */
export function renderReasonTable(): string {
  const rows = Object.entries(REASONS).map(([reason, { advice }]) => `| \`${reason}\` | ${advice} |`);
  return ['| reason | meaning, and what to do |', '|---|---|', ...rows, ''].join('\n');
}
