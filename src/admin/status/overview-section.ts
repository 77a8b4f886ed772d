import type { ClientActivity } from '../../activity/client-activity.ts';
import type { IssuerConfig } from '../../config/config.ts';
import { UNLISTED } from '../../policy/client-policy.ts';
import type { UpstreamState } from '../upstream-watch.ts';
import { type ClientQuery, clientQueryText } from './client-query.ts';
import { type Html, html } from './html.ts';
import type { StatusFacts } from './status-facts.ts';
import { numberText, timeText } from './time-text.ts';

/** How many clients stand where: each a way to just those. */
export function renderTiles({ reading, query }: StatusFacts): Html {
  const clients = (reading?.report.clients ?? []).filter(({ client }) => client !== UNLISTED);
  const tiles: readonly (readonly [
    string,
    string,
    Partial<ClientQuery>,
    (client: ClientActivity) => boolean,
  ])[] = [
    [
      'good',
      'ready to enforce',
      { mode: 'report', verdict: 'ready' },
      ({ mode, verdict }) => mode === 'report' && verdict.state === 'ready',
    ],
    [
      'warn',
      'not ready',
      { mode: 'report', verdict: 'not ready' },
      ({ mode, verdict }) => mode === 'report' && verdict.state === 'not ready',
    ],
    [
      'idle',
      'without traffic',
      { mode: 'report', verdict: 'no traffic' },
      ({ mode, verdict }) => mode === 'report' && verdict.state === 'no traffic',
    ],
    ['done', 'enforced', { mode: 'enforce' }, ({ mode }) => mode === 'enforce'],
  ];
  const all = { search: '', issuer: '', mode: '', verdict: '' };
  return html`<ul class="tiles">${tiles.map(
    ([kind, title, filter, isOne]) =>
      html`<li class="tile ${kind}"><a href="${clientQueryText(query, { ...all, ...filter })}#clients"><b>${numberText(clients.filter(isOne).length)}</b> ${title}</a></li>`,
  )}</ul>`;
}

export function renderIssuers(facts: StatusFacts): Html {
  return html`<ul class="issuers">${facts.config.issuers.map((issuer) => renderIssuer(issuer, facts))}</ul>`;
}

function renderIssuer(issuer: IssuerConfig, { upstreams, reading, now }: StatusFacts): Html {
  const state = upstreams.get(issuer.name) ?? { state: 'pending' };
  const own = (reading?.report.clients ?? []).filter(
    (client) => client.issuer === issuer.name && client.client !== UNLISTED,
  );
  const modes = (['enforce', 'report', 'off'] as const)
    .map((mode) => [mode, own.filter((client) => client.mode === mode).length] as const)
    .filter(([, count]) => count > 0);
  const trouble = reading?.report.upstreamTrouble.get(issuer.name);
  const counts = [...(trouble?.counts ?? [])].map(([kind, count]) => `${numberText(count)} ${kind}`);
  const { kind, title, detail } = describeState(state, issuer);
  return html`<li class="card" data-key="${issuer.name}">
<h3>${issuer.name}</h3>
<p class="muted origin">${issuer.upstream.origin}</p>
<dl>
<dt>Server</dt><dd><span class="dot ${kind}" aria-hidden="true"></span>${title}${detail !== undefined && html`<span class="muted details">${detail}</span>`}</dd>
<dt>Unanswered</dt><dd>${counts.length === 0 ? 'no request in 14 days' : html`${counts.join(', ')} in 14 days${trouble?.last !== undefined && html`, the last ${timeText(trouble.last.at, now)}`}`}</dd>
<dt>Clients</dt><dd>${modes.length === 0 ? 'none yet' : modes.map(([mode, count]) => `${numberText(count)} ${mode}`).join(' · ')}</dd>
</dl>
</li>
`;
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
