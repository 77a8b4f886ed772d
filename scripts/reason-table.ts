import { ADVICE } from '../src/policy/reason-advice.ts';

/** What each reason says of a client, and what to do: as the verdicts say it. */
export function renderReasonTable(): string {
  const rows = Object.entries(ADVICE).map(([reason, advice]) => `| \`${reason}\` | ${advice} |`);
  return ['| reason | what it says, and what to do |', '|---|---|', ...rows, ''].join('\n');
}
