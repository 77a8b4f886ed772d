import { VERDICTS } from '../../policy/judge-readiness.ts';
import { MODES } from '../../policy/mode.ts';
import { type ClientQuery, clientQueryText, ORDERS, UNFILTERED } from './client-query.ts';
import { type Html, html } from './html.ts';

const ANY = ['', 'any'] as const;

/** A plain GET form. It is outside the parts that refresh themselves, so that nobody loses what they type. */
export function renderFilterForm(query: ClientQuery, issuers: readonly string[]): Html {
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
