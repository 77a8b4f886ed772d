import type { ClientActivity } from '../../activity/client-activity.ts';
import { REFUSALS_KEPT, type Refusal } from '../../activity/refusal.ts';
import { showPolicy } from '../../config/show-settings.ts';
import { isRegisteredRedirectUri } from '../../oauth/redirect-uri.ts';
import { UNLISTED } from '../../policy/client-policy.ts';
import { renderMethods, renderMode, renderTrend, renderVerdictChip } from './client-cells.ts';
import { violationCount } from './client-query.ts';
import { type Html, html } from './html.ts';
import { renderFrame } from './page-frame.ts';
import { renderRefusals } from './refusals.ts';
import type { StatusFacts } from './status-facts.ts';
import { numberText, percentText, relativeDay } from './time-text.ts';

/** One client: its state, policy, redirect URIs and last violations. `refusals`: `undefined` while the store is unreachable. */
export function renderClientPage(
  facts: StatusFacts,
  activity: ClientActivity,
  refusals: readonly Refusal[] | undefined,
): string {
  const { client, issuer, policy, verdict } = activity;
  const known = facts.reading !== undefined && activity.mode !== 'off';
  const name = client === UNLISTED ? 'All other clients' : client;
  const own = refusals?.filter((one) => one.issuer === issuer && one.client === client);
  const about = [`issuer ${issuer}`, policy.description, policy.owner].filter(Boolean).join(' · ');
  return renderFrame(
    facts,
    name,
    html`<section aria-labelledby="client"><p><a href="./#clients">← All clients</a></p>
<h2 id="client" class="large"><bdi>${name}</bdi></h2>
<p class="muted">${about}</p>
<div id="standing" data-live><p class="standing">${renderMode(activity, facts.now)} ${renderVerdictChip(activity, known)}</p>
${known && 'why' in verdict && html`<p class="why-large">${verdict.why}.</p>`}
${known ? renderNumbers(activity, facts.now) : activity.mode !== 'off' && html`<p class="muted">What it does is not known while the store is unreachable.</p>`}</div></section>
<section aria-labelledby="refusals"><h2 id="refusals">Last violations</h2><div id="refusal-list" data-live>${renderOwnRefusals(own, facts)}</div></section>
<section aria-labelledby="places"><h2 id="places">Redirect URIs</h2><div id="place-list" data-live>${renderPlaces(activity, known)}</div></section>
<section aria-labelledby="policy"><h2 id="policy">Policy</h2><div id="policy-table" data-live>${renderPolicy(activity)}</div></section>`,
  );
}

function renderNumbers(activity: ClientActivity, now: number): Html {
  const { total, firstDay, lastDay, codeHashSeen } = activity;
  const redeemed = total.verified + total.unverified;
  const rows: (readonly [string, Html | string])[] = [
    ['14 days', renderTrend(activity)],
    ['Authorization requests', numberText(total.requests)],
    ['Methods', renderMethods(activity)],
    ['Codes', numberText(total.codesBound)],
    [
      'Redeemed here',
      `${percentText(redeemed, total.codesBound)}${total.codesBound > 0 ? ` (${numberText(redeemed)}, ${numberText(total.verified)} verified)` : ''}`,
    ],
    ['Violations', numberText(violationCount(total))],
    ['First seen', firstDay === undefined ? 'never' : relativeDay(firstDay, now)],
    ['Last seen', lastDay === undefined ? 'never' : relativeDay(lastDay, now)],
  ];
  if (codeHashSeen) {
    rows.push(['c_hash', 'in its id_tokens, so with `wrap_codes: auto` its codes are not wrapped']);
  }
  return html`<dl class="numbers">${rows.map(([title, value]) => html`<div><dt>${title}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function renderOwnRefusals(own: readonly Refusal[] | undefined, facts: StatusFacts): Html {
  if (own === undefined) return html`<p class="muted">–</p>`;
  if (own.length === 0) return html`<p class="muted">Nothing was refused or reported lately.</p>`;
  return html`${renderRefusals(own, facts, { withClient: false })}
${own.length >= REFUSALS_KEPT && html`<p class="muted">The last ${REFUSALS_KEPT} are kept. The log has all of them.</p>`}`;
}

/** The redirect URIs of its policy and those that received its codes. */
function renderPlaces({ policy, redirectUris: seen, client }: ClientActivity, known: boolean): Html {
  const listed = policy.redirectUris ?? [];
  const unlisted = seen.filter((uri) => !isRegisteredRedirectUri(uri, listed));
  const all = [...listed, ...unlisted];
  if (client === UNLISTED)
    return html`<p class="muted">They are shown only for clients with their own name.</p>`;
  if (all.length === 0)
    return html`<p class="muted">${known ? 'No redirect URI is listed, and no code was seen.' : 'No redirect URI is listed.'}</p>`;
  return html`<ul class="places">${all.map((uri) => {
    const note = unlisted.includes(uri)
      ? policy.redirectUris === undefined
        ? 'seen'
        : 'seen, not listed'
      : known && !seen.some((place) => isRegisteredRedirectUri(place, [uri]))
        ? 'listed, not seen'
        : 'listed';
    return html`<li><code>${uri}</code> <span class="tag${note === 'seen, not listed' && ' tag-bad'}">${note}</span></li>`;
  })}</ul>`;
}

/** Settings that other parts of the page show. */
const SKIPPED = new Set(['description', 'owner', 'redirect_uris']);

/** Settings that allow anything where they have no value. */
const OPEN = new Set(['redirect_uris', 'response_modes', 'grant_types']);

/** Each setting of the policy in force, and the source of its value. */
function renderPolicy({ policy }: Pick<ClientActivity, 'policy'>): Html {
  const settings = showPolicy(policy);
  const rows = settings.filter(({ key, value }) => !SKIPPED.has(key) && value !== undefined);
  const unlimited = settings.filter(({ key, value }) => OPEN.has(key) && value === undefined);
  const own = policy.name === UNLISTED ? 'unlisted_clients' : `clients.${policy.name}`;
  const places = { entry: own, defaults: 'defaults', 'built-in': 'built in' } as const;
  return html`<table class="policy"><thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">From</th></tr></thead>
<tbody>${rows.map(
    ({ key, value, origin }) =>
      html`<tr><th scope="row"><code>${key}</code></th><td>${valueText(value)}</td><td class="${origin === 'built-in' ? 'muted' : ''}">${places[origin ?? 'built-in']}</td></tr>`,
  )}</tbody></table>
${unlimited.length > 0 && html`<p class="muted">Not set, so any value is allowed: ${unlimited.map(({ key }) => key).join(', ')}.</p>`}`;
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, part]) => `${name}: ${valueText(part)}`)
      .join('; ');
  }
  return String(value);
}
