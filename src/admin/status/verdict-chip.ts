import type { ClientActivity } from '../../activity/client-activity.ts';
import { isInTrouble } from './client-query.ts';
import { type Html, html } from './html.ts';
import { momentText } from './time-text.ts';

/** The verdict in one or two words. For an enforced client it says whether its logins work. */
export function renderVerdictChip(client: ClientActivity, known: boolean): Html {
  const { state } = client.verdict;
  if (client.mode === 'off') return html`<span class="muted">not judged</span>`;
  if (!known) return html`<span class="muted">–</span>`;
  if (isInTrouble(client)) return html`<span class="chip trouble">in trouble</span>`;
  const word = client.mode === 'enforce' && state === 'ready' ? 'all fine' : state;
  return html`<span class="chip verdict-${state.replace(' ', '-')}">${word}</span>`;
}

/** The mode, and for a client that is being enforced step by step, the date and the share of logins. */
export function renderMode({ policy, mode }: ClientActivity, now: number): Html {
  const { enforceFrom, enforcePercent } = policy;
  const share = enforcePercent < 100 ? `in ${enforcePercent} % of logins` : '';
  const from =
    mode === 'report' && enforceFrom !== undefined && enforceFrom >= now
      ? `enforced from ${momentText(enforceFrom)}`
      : '';
  const details =
    mode === 'off' ? '' : [from, mode === 'enforce' || from !== '' ? share : ''].join(' ').trim();
  return html`<span class="chip mode-${mode}">${mode}</span>${details !== '' && html`<span class="muted details">${details}</span>`}`;
}
