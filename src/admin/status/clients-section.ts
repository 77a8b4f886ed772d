import type { ClientActivity } from '../../activity/client-activity.ts';
import { UNLISTED } from '../../policy/client-policy.ts';
import { renderMethods, renderTrend } from './charts.ts';
import {
  type ClientPage,
  type ClientQuery,
  clientQueryText,
  type SortKey,
  selectClients,
  startsDescending,
  violationCount,
} from './client-query.ts';
import { type Html, html } from './html.ts';
import type { StatusFacts } from './status-facts.ts';
import { dayText, momentText, numberText, percentText } from './time-text.ts';

/** Reasons that a row names. */
const NAMED_REASONS = 2;

export function renderClients(facts: StatusFacts): Html {
  const all = facts.reading?.report.clients ?? [];
  const { query, now } = facts;
  const page = selectClients(all.filter(isWorthARow), query);
  const severalIssuers = facts.config.issuers.length > 1;
  return html`<p class="count" id="count">${countText(page, query)}${page.clients.length === 0 && query.search + query.issuer + query.mode + query.verdict !== '' && html` <a href="${clientQueryText(query, { search: '', issuer: '', mode: '', verdict: '' })}#clients">Show all</a>`}</p>
${
  page.clients.length > 0 &&
  html`<table role="table" aria-labelledby="clients">
<thead role="rowgroup"><tr role="row">${COLUMNS.map(({ title, sort, numeric }) => renderHeading(title, sort, numeric === true, query))}</tr></thead>
<tbody role="rowgroup">${page.clients.map((client) => renderRow(client, severalIssuers, now))}</tbody>
</table>`
}
${page.pages > 1 && renderPaging(page, query)}`;
}

/** `_unlisted` is a row only where there is something in it. */
function isWorthARow({ client, lastDay }: ClientActivity): boolean {
  return client !== UNLISTED || lastDay !== undefined;
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

function renderRow(activity: ClientActivity, severalIssuers: boolean, now: number): Html {
  const { issuer, client, mode, total, lastDay, policy } = activity;
  const redeemed = total.verified + total.unverified;
  const details = [severalIssuers && issuer, policy.owner, policy.description].filter(Boolean).join(' · ');
  return html`<tr role="row" data-key="${`${issuer} ${client}`}">
<th role="rowheader" scope="row"><bdi class="name">${client === UNLISTED ? 'All other clients' : client}</bdi>${renderTag(activity)}${details !== '' && html`<span class="muted details">${details}</span>`}</th>
<td role="cell" data-label="Mode"><span class="chip mode-${mode}">${mode}</span>${renderRollout(activity, now)}</td>
<td role="cell" data-label="Readiness" class="readiness">${renderVerdict(activity)}</td>
<td role="cell" data-label="14 days">${renderTrend(activity)}</td>
<td role="cell" data-label="Requests" class="num">${numberText(total.requests)}</td>
<td role="cell" data-label="Methods" class="shares">${renderMethods(activity)}</td>
<td role="cell" data-label="Redeemed" class="num">${percentText(redeemed, total.codesBound)}<span class="muted details">${total.codesBound > 0 && `${numberText(redeemed)} of ${numberText(total.codesBound)}`}</span></td>
<td role="cell" data-label="Violations" class="num violations">${renderViolations(activity)}</td>
<td role="cell" data-label="Last seen">${lastDay === undefined ? html`<span class="muted">never</span>` : dayText(lastDay, now)}</td>
</tr>
`;
}

function renderTag({ listed, client }: ClientActivity): Html | false {
  if (listed) return false;
  return html` <span class="tag">${client === UNLISTED ? 'never got a code' : 'unlisted'}</span>`;
}

/** Of a client that is on its way to being enforced: from when on, and in how many of its logins. */
function renderRollout({ policy, mode }: ClientActivity, now: number): Html | false {
  const { enforceFrom, enforcePercent } = policy;
  const share = enforcePercent < 100 ? ` in ${enforcePercent} % of logins` : '';
  if (mode === 'enforce') return share !== '' && html`<span class="muted details">${share}</span>`;
  if (mode === 'off' || enforceFrom === undefined || enforceFrom < now) return false;
  return html`<span class="muted details">enforced from ${momentText(enforceFrom)}${share}</span>`;
}

function renderVerdict({ verdict, mode }: ClientActivity): Html {
  const word = mode === 'enforce' ? WORDS_ENFORCED[verdict.state] : WORDS[verdict.state];
  const chip = html`<span class="chip verdict-${verdict.state.replace(' ', '-')}">${word}</span>`;
  if (!('why' in verdict)) return chip;
  return html`<details><summary>${chip} <span class="why-word">why?</span></summary><p class="why">${verdict.why}</p></details>`;
}

const WORDS = {
  ready: 'ready',
  'nearly ready': 'nearly ready',
  'not ready': 'not ready',
  'no traffic': 'no traffic',
} as const;
const WORDS_ENFORCED = { ...WORDS, ready: 'all fine', 'not ready': 'trouble' } as const;

function renderViolations(activity: ClientActivity): Html {
  const { violations } = activity.total;
  const reasons = [...violations];
  const named = reasons
    .slice(0, NAMED_REASONS)
    .map(([reason, count]) => html`<li>${reason} <b>${numberText(count)}</b></li>`);
  const more = reasons.length - NAMED_REASONS;
  const total = violationCount(activity);
  if (total === 0) return html`0`;
  return html`${numberText(total)}<ul class="reasons">${named}${more > 0 && html`<li>${more} more</li>`}</ul>`;
}

function countText(
  { matching, page, pages, clients }: ClientPage,
  { search, issuer, mode, verdict }: ClientQuery,
): string {
  const filtered = search + issuer + mode + verdict !== '';
  if (matching === 0)
    return filtered
      ? 'No client matches.'
      : 'No clients yet: list them in the configuration, or let one log in.';
  const what = `${numberText(matching)} ${matching === 1 ? 'client' : 'clients'}${filtered ? ' that match' : ''}`;
  return pages === 1 ? what : `${what}, ${clients.length} of them on page ${page} of ${pages}`;
}

function renderPaging({ page, pages }: ClientPage, query: ClientQuery): Html {
  const link = (to: number, text: string) =>
    to < 1 || to > pages
      ? html`<span class="muted">${text}</span>`
      : html`<a href="${clientQueryText(query, { page: to })}#clients">${text}</a>`;
  return html`<nav class="paging" aria-label="Pages of clients">${link(page - 1, '← Previous')}<span>Page ${page} of ${pages}</span>${link(page + 1, 'Next →')}</nav>`;
}
