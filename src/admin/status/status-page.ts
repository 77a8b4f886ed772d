import type { ClientQuery } from './client-query.ts';
import { renderClients } from './clients-section.ts';
import { renderLoads } from './config-section.ts';
import { renderFilterForm } from './filter-form.ts';
import { html } from './html.ts';
import { renderIssuers, renderTiles } from './overview-section.ts';
import { renderFrame, renderRequestSearch } from './page-frame.ts';
import type { StatusFacts } from './status-facts.ts';

/** The status page: what needs attention first. */
export function renderStatusPage(facts: StatusFacts, query: ClientQuery): string {
  const issuers = facts.config.issuers.map(({ name }) => name);
  return renderFrame(
    facts,
    'Status',
    html`<section aria-labelledby="rollout"><h2 id="rollout">Rollout</h2><div id="tiles" data-live>${renderTiles(facts, query)}</div></section>
<section aria-labelledby="issuers"><h2 id="issuers">Issuers</h2><div id="issuer-cards" data-live>${renderIssuers(facts)}</div></section>
<section aria-labelledby="clients"><h2 id="clients" tabindex="-1">Clients</h2>
<div class="forms">${renderFilterForm(query, issuers)}
${renderRequestSearch()}</div>
<div id="client-list" data-live>${renderClients(facts, query)}</div></section>
<section aria-labelledby="configuration"><h2 id="configuration">Configuration</h2><div id="loads" data-live>${renderLoads(facts.loads, facts.now)}</div></section>`,
  );
}
