import { VERDICTS } from '../../policy/judge-readiness.ts';
import { MODES } from '../../policy/mode.ts';
import type { ConfigLoad } from '../config-history.ts';
import { type ClientQuery, clientQueryText, ORDERS, UNFILTERED } from './client-query.ts';
import { renderClients } from './clients-section.ts';
import { type Html, html } from './html.ts';
import { renderIssuers, renderTiles } from './overview-section.ts';
import { renderFrame, renderRequestSearch } from './page-frame.ts';
import type { StatusFacts } from './status-facts.ts';
import { timeText } from './time-text.ts';

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

const ANY = ['', 'any'] as const;

/** A plain GET form. It is outside the parts that refresh themselves, so that nobody loses what they type. */
function renderFilterForm(query: ClientQuery, issuers: readonly string[]): Html {
  const plain = (words: readonly string[]) => [ANY, ...words.map((word) => [word, word] as const)];
  return html`<form class="filter" method="get" role="search" aria-label="Clients">
<label class="search">Search <input type="search" name="search" value="${query.search}" placeholder="client, owner, description" maxlength="200"></label>
${issuers.length > 1 && renderSelect('issuer', 'Issuer', query.issuer, plain(issuers))}
${renderSelect('mode', 'Mode', query.mode, plain(MODES))}
${renderSelect('verdict', 'Readiness', query.verdict, plain(VERDICTS))}
${renderSelect(
  'sort',
  'Order by',
  query.sort,
  Object.entries(ORDERS).map(([key, { words }]) => [key, words] as const),
)}
<span class="buttons"><button type="submit">Apply</button> <a href="${clientQueryText(query, { ...UNFILTERED, sort: 'attention', descending: true })}#clients">Reset</a></span>
</form>`;
}

function renderSelect(
  name: string,
  label: string,
  value: string,
  options: readonly (readonly [string, string])[],
): Html {
  const choices = options.map(
    ([word, text]) => html`<option value="${word}"${word === value && html` selected`}>${text}</option>`,
  );
  return html`<label>${label} <select name="${name}">${choices}</select></label>`;
}

const WORDS = { started: 'loaded at the start', loaded: 'loaded', rejected: 'rejected' } as const;

/** The last configurations, newest first: which took effect, and what each changed. */
function renderLoads(loads: readonly ConfigLoad[], now: number): Html {
  return html`<ol class="loads">${loads.map((load) => renderLoad(load, now))}</ol>`;
}

function renderLoad({ at, outcome, lines, more }: ConfigLoad, now: number): Html {
  const head = html`<span class="chip load-${outcome}">${WORDS[outcome]}</span> ${timeText(at, now)}`;
  if (lines.length === 0) {
    return html`<li data-key="${at}">${head}${outcome === 'loaded' && html` <span class="muted">nothing that matters here changed</span>`}</li>`;
  }
  const count = lines.length + more;
  const what = `${count} ${outcome === 'rejected' ? 'problem' : 'change'}${count === 1 ? '' : 's'}`;
  return html`<li data-key="${at}"><details${outcome === 'rejected' && html` open`}><summary>${head} <span class="muted">${what}</span></summary><ul class="changes">${lines.map((line) => html`<li>${line}</li>`)}${more > 0 && html`<li class="muted">and ${more} more</li>`}</ul></details></li>`;
}
