import type { Refusal } from '../../activity/refusal.ts';
import { html } from './html.ts';
import { renderFrame, renderRequestSearch } from './page-frame.ts';
import { renderRefusals } from './refusals-section.ts';
import type { StatusFacts } from './status-facts.ts';

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
