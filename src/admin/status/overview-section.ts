import type { IssuerConfig } from '../../config/config.ts';
import { UNLISTED } from '../../policy/client-policy.ts';
import { MODES } from '../../policy/mode.ts';
import type { UpstreamState } from '../upstream-watch.ts';
import { type ClientQuery, clientQueryText, matchingClients, UNFILTERED } from './client-query.ts';
import { type Html, html } from './html.ts';
import type { StatusFacts } from './status-facts.ts';
import { numberText, timeText } from './time-text.ts';

type Tile = {
  readonly kind: string;
  readonly title: string;
  readonly filter: Partial<ClientQuery>;
};

const TILES: readonly Tile[] = [
  { kind: 'bad', title: 'enforced, in trouble', filter: { mode: 'enforce', verdict: 'not ready' } },
  { kind: 'warn', title: 'not ready', filter: { mode: 'report', verdict: 'not ready' } },
  { kind: 'near', title: 'nearly ready', filter: { mode: 'report', verdict: 'nearly ready' } },
  { kind: 'good', title: 'ready to enforce', filter: { mode: 'report', verdict: 'ready' } },
  { kind: 'idle', title: 'without traffic', filter: { mode: 'report', verdict: 'no traffic' } },
  { kind: 'done', title: 'enforced', filter: { mode: 'enforce' } },
  { kind: 'idle', title: 'off', filter: { mode: 'off' } },
];

/** The number of clients in each state, each a link to these clients. */
export function renderTiles({ clients, reading }: StatusFacts, query: ClientQuery): Html {
  return html`<ul class="tiles">${TILES.map(({ kind, title, filter }) => {
    const shown = { ...query, ...UNFILTERED, ...filter };
    const count = matchingClients(clients, shown).length;
    // The modes are configured, verdicts are read.
    const text = reading === undefined && 'verdict' in filter ? '–' : numberText(count);
    return html`<li class="tile ${kind}${count === 0 && ' zero'}"><a href="${clientQueryText(shown)}#clients"><b>${text}</b> ${title}</a></li>`;
  })}</ul>`;
}

export function renderIssuers(facts: StatusFacts): Html {
  return html`<ul class="issuers">${facts.config.issuers.map((issuer) => renderIssuer(issuer, facts))}</ul>`;
}

function renderIssuer(issuer: IssuerConfig, facts: StatusFacts): Html {
  const { kind, title, detail } = describeState(
    facts.upstreams.get(issuer.name) ?? { state: 'pending' },
    issuer,
  );
  const own = facts.clients.filter(({ issuer: name, client }) => name === issuer.name && client !== UNLISTED);
  const modes = MODES.map(
    (mode) => [mode, own.filter((client) => client.mode === mode).length] as const,
  ).filter(([, count]) => count > 0);
  return html`<li class="card" data-key="${issuer.name}">
<h3>${issuer.name}</h3>
<p class="muted origin">${issuer.upstream.origin}</p>
<dl>
<dt>Server</dt><dd><span class="dot ${kind}" aria-hidden="true"></span>${title}${detail !== undefined && html`<span class="muted details">${detail}</span>`}</dd>
<dt>No answer</dt><dd>${renderTrouble(issuer.name, facts)}</dd>
<dt>Clients</dt><dd>${modes.length === 0 ? 'none yet' : modes.map(([mode, count]) => `${numberText(count)} ${mode}`).join(' · ')}</dd>
</dl>
</li>
`;
}

/** The number of requests that the upstream did not answer. */
function renderTrouble(issuer: string, { reading, now }: StatusFacts): Html {
  if (reading === undefined) return html`–`;
  const trouble = reading.report.upstreamTrouble.get(issuer);
  const counts = [...(trouble?.counts ?? [])].map(([kind, count]) => `${numberText(count)} ${kind}`);
  if (counts.length === 0) return html`never in 14 days`;
  return html`${counts.join(', ')} in 14 days${trouble?.last !== undefined && html`, the last ${timeText(trouble.last.at, now)}`}`;
}

function describeState(
  state: UpstreamState,
  { endpoints }: IssuerConfig,
): { readonly kind: string; readonly title: string; readonly detail?: string } {
  switch (state.state) {
    case 'answers':
      return {
        kind: 'good',
        title: `answers, in ${numberText(state.took)} ms`,
        detail:
          state.challengeMethods.length === 0
            ? 'its metadata does not mention PKCE'
            : `its metadata advertises PKCE: ${state.challengeMethods.join(', ').slice(0, 60)}`,
      };
    case 'undiscovered':
      return endpoints === 'auto'
        ? { kind: 'bad', title: 'has no usable metadata', detail: state.detail }
        : {
            kind: 'good',
            title: `answers, in ${numberText(state.took)} ms`,
            detail: 'no metadata; its endpoints are configured',
          };
    case 'unreachable':
      return { kind: 'bad', title: 'cannot be reached', detail: state.detail };
    case 'pending':
      return { kind: 'idle', title: 'has not answered yet' };
  }
}
