import type { Refusal } from '../../activity/refusal.ts';
import type { Reason } from '../../policy/reason.ts';
import { REASONS } from '../../policy/reason.ts';
import { clientPath } from './client-query.ts';
import { type Html, html } from './html.ts';
import type { StatusFacts } from './status-facts.ts';
import { timeText } from './time-text.ts';

/** A list of violations: what happened, what broke the rule, and what to do. */
export function renderRefusals(
  refusals: readonly Refusal[],
  { now }: Pick<StatusFacts, 'now'>,
  { withClient }: { readonly withClient: boolean },
): Html {
  return html`<ol class="refusals">${refusals.map((refusal) => {
    const { issuer, client, at, endpoint, reason, mode, requestId, detail } = refusal;
    const refused = mode === 'enforce';
    return html`<li class="card" data-key="${`${requestId} ${reason} ${at}`}">
<p><span class="chip ${refused ? 'refused' : 'reported'}">${refused ? 'refused' : 'only reported'}</span> <b>${reason}</b> at the ${endpoint.replaceAll('_', ' ')} endpoint, ${timeText(at, now)}</p>
${detail !== undefined && html`<p>What broke the rule: <code class="detail">${detail}</code></p>`}
${REASONS[reason as Reason] !== undefined && html`<p class="muted">${REASONS[reason as Reason].advice}</p>`}
<p class="muted">Request id <code>${requestId}</code>${withClient && html`, client <a href="${clientPath(issuer, client)}"><bdi>${client}</bdi></a>`}</p>
</li>`;
  })}</ol>`;
}
