import { REASONS } from '../src/policy/reason.ts';

/** What each reason says of a client, and what to do: as the verdicts say it. */
export function renderReasonTable(): string {
  const rows = Object.entries(REASONS).map(([reason, { advice }]) => `| \`${reason}\` | ${advice} |`);
  return ['| reason | meaning, and what to do |', '|---|---|', ...rows, ''].join('\n');
}
