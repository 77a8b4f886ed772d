import type { ClientActivity } from '../../activity/client-activity.ts';
import { UNLISTED } from '../../policy/client-policy.ts';
import { renderMethods, renderMode, renderTrend, renderVerdictChip } from './client-cells.ts';
import {
  type ClientPage,
  type ClientQuery,
  clientPath,
  clientQueryText,
  isInTrouble,
  type SortKey,
  selectClients,
  startsDescending,
  UNFILTERED,
  violationCount,
} from './client-query.ts';
import { type Html, html } from './html.ts';
import type { StatusFacts } from './status-facts.ts';
import { numberText, percentText, relativeDay } from './time-text.ts';

/** The number of reasons in a row. */
const NAMED_REASONS = 2;

export function renderClients(facts: StatusFacts, query: ClientQuery): Html {
  const page = selectClients(facts.clients, query);
  const { search, issuer, mode, verdict } = query;
  const isFiltered = search + issuer + mode + verdict !== '';
  const all = clientQueryText(query, UNFILTERED);
  return html`<p class="count" id="count">${countText(page, isFiltered)}${page.clients.length === 0 && isFiltered && html` <a href="${all}#clients">Show all</a>`}</p>
${
  page.clients.length > 0 &&
  html`<table role="table" aria-labelledby="clients">
<thead role="rowgroup"><tr role="row">${COLUMNS.map(({ title, sort, numeric }) => renderHeading(title, sort, numeric === true, query))}</tr></thead>
<tbody role="rowgroup">${page.clients.map((client) => renderRow(client, facts))}</tbody>
</table>`
}
${page.pages > 1 && renderPaging(page, query)}`;
}

const COLUMNS: readonly { readonly title: string; readonly sort?: SortKey; readonly numeric?: true }[] = [
  { title: 'Client', sort: 'client' },
  { title: 'Mode', sort: 'mode' },
  { title: 'Readiness', sort: 'attention' },
  { title: '14 days' },
  { title: 'Requests', sort: 'requests', numeric: true },
  { title: 'Methods' },
  { title: 'Redeemed', sort: 'codes', numeric: true },
  { title: 'Violations', sort: 'violations', numeric: true },
  { title: 'Last seen', sort: 'last_seen' },
];

function renderHeading(title: string, sort: SortKey | undefined, numeric: boolean, query: ClientQuery): Html {
  const kind = numeric ? 'num' : '';
  if (sort === undefined) return html`<th role="columnheader" scope="col" class="${kind}">${title}</th>`;
  const isSorted = query.sort === sort;
  const descending = isSorted ? !query.descending : startsDescending(sort);
  const order = isSorted && html` aria-sort="${query.descending ? 'descending' : 'ascending'}"`;
  const arrow = isSorted ? (query.descending ? '▾' : '▴') : '';
  return html`<th role="columnheader" scope="col" class="${kind}"${order}><a href="${clientQueryText(query, { sort, descending })}#clients">${title}<span class="arrow" aria-hidden="true">${arrow}</span></a></th>`;
}

/** Unknown values are shown as a dash. */
function renderRow(activity: ClientActivity, { config, reading, now }: StatusFacts): Html {
  const { issuer, client, total, lastDay, policy } = activity;
  const known = reading !== undefined && activity.mode !== 'off';
  const details = [config.issuers.length > 1 && issuer, policy.owner, policy.description]
    .filter(Boolean)
    .join(' · ');
  const or = (content: () => Html | string) => (known ? content() : html`<span class="muted">–</span>`);
  return html`<tr role="row" data-key="${`${issuer} ${client}`}"${isInTrouble(activity) && html` class="is-bad"`}>
<th role="rowheader" scope="row"><a class="name" href="${clientPath(issuer, client)}"><bdi>${client === UNLISTED ? 'All other clients' : client}</bdi></a>${renderTag(activity)}${details !== '' && html`<span class="muted details">${details}</span>`}</th>
<td role="cell" class="mode">${renderMode(activity, now)}</td>
<td role="cell" class="readiness">${renderReadiness(activity, known)}</td>
<td role="cell" class="wide">${or(() => renderTrend(activity))}</td>
<td role="cell" class="num wide">${or(() => numberText(total.requests))}</td>
<td role="cell" class="shares wide">${or(() => renderMethods(activity))}</td>
<td role="cell" class="num wide">${or(() => renderRedeemed(activity))}</td>
<td role="cell" class="num violations wide">${or(() => renderViolations(activity))}</td>
<td role="cell" class="wide">${or(() => (lastDay === undefined ? html`<span class="muted">never</span>` : relativeDay(lastDay, now)))}</td>
</tr>
`;
}

function renderTag({ listed, client }: ClientActivity): Html | false {
  if (listed) return false;
  return html` <span class="tag">${client === UNLISTED ? 'never got a code' : 'unlisted'}</span>`;
}

function renderReadiness(activity: ClientActivity, known: boolean): Html {
  const { verdict } = activity;
  const chip = renderVerdictChip(activity, known);
  if (!known || !('why' in verdict)) return chip;
  if (verdict.state === 'nearly ready') return html`${chip}<span class="muted details">${verdict.why}</span>`;
  return html`<details><summary>${chip} <span class="why-word">why?</span></summary><p class="why">${verdict.why}</p></details>`;
}

function renderRedeemed({ total }: ClientActivity): Html {
  const redeemed = total.verified + total.unverified;
  return html`${percentText(redeemed, total.codesBound)}${total.codesBound > 0 && html`<span class="muted details">${numberText(redeemed)} of ${numberText(total.codesBound)}</span>`}`;
}

function renderViolations(activity: ClientActivity): Html {
  const reasons = [...activity.total.violations];
  const named = reasons
    .slice(0, NAMED_REASONS)
    .map(([reason, count]) => html`<li>${reason} <b>${numberText(count)}</b></li>`);
  const more = reasons.length - NAMED_REASONS;
  const total = violationCount(activity.total);
  if (total === 0) return html`0`;
  return html`${numberText(total)}<ul class="reasons">${named}${more > 0 && html`<li>${more} more</li>`}</ul>`;
}

function countText({ matching, page, pages, clients }: ClientPage, isFiltered: boolean): string {
  if (matching === 0)
    return isFiltered
      ? 'No client matches.'
      : 'No clients yet: add them to the configuration, or log in with one.';
  const what = `${numberText(matching)} ${matching === 1 ? 'client' : 'clients'}${isFiltered ? ' that match' : ''}`;
  return pages === 1 ? what : `${what}, ${clients.length} of them on page ${page} of ${pages}`;
}

function renderPaging({ page, pages }: ClientPage, query: ClientQuery): Html {
  const link = (to: number, text: string) =>
    to < 1 || to > pages
      ? html`<span class="muted">${text}</span>`
      : html`<a href="${clientQueryText(query, { page: to })}#clients">${text}</a>`;
  return html`<nav class="paging" aria-label="Pages of clients">${link(page - 1, '← Previous')}<span>Page ${page} of ${pages}</span>${link(page + 1, 'Next →')}</nav>`;
}
