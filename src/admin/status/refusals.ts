import type { Refusal } from '../../activity/refusal.ts';
import { REASONS, type Reason } from '../../policy/reason.ts';
import { clientPath } from './client-query.ts';
import { type Html, html } from './html.ts';
import { renderFrame, renderRequestSearch } from './page-frame.ts';
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

/** What is known about one request, by the id that its user saw. `refusals`: `undefined` while the store is unreachable. */
export function renderRequestPage(
  facts: StatusFacts,
  id: string,
  refusals: readonly Refusal[] | undefined,
): string {
  const found = refusals?.filter(({ requestId }) => requestId === id);
  const result =
    found === undefined
      ? html`<p>The store is unreachable, so the request cannot be looked up here. Search the log for <code>${id}</code>.</p>`
      : found.length === 0
        ? html`<p>No violation with this id is among the last ones of each client. Search the log, which has all of them, for <code>${id}</code>.</p>`
        : renderRefusals(found, facts, { withClient: true });
  return renderFrame(
    facts,
    'Request',
    html`<section aria-labelledby="request"><h2 id="request">Request ${id}</h2>
${renderRequestSearch(id)}
<div id="found" data-live>${result}</div></section>`,
  );
}
