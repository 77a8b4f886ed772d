import { renderClients } from './clients-section.ts';
import { renderLoads } from './config-section.ts';
import { renderFilterForm } from './filter-form.ts';
import { type Html, html } from './html.ts';
import { renderIssuers, renderTiles } from './overview-section.ts';
import type { StatusFacts } from './status-facts.ts';
import { clockText, timeText } from './time-text.ts';

/**
 * The status page. It works as it stands; the script only renews what is marked `data-live`. Links and assets are relative,
 * so that it can stand under any path of any proxy.
 */
export function renderStatusPage(facts: StatusFacts): string {
  const { query, config, now, version } = facts;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>pkce-gateway: status</title>
<link rel="icon" href="status.svg" type="image/svg+xml">
<link rel="stylesheet" href="status.css">
<script src="status.js" defer></script>
</head>
<body>
<a class="skip" href="#clients">Skip to the clients</a>
<header>
<h1><img src="status.svg" alt="" width="22" height="22"> pkce-gateway <span class="muted version">${version}</span></h1>
<div class="state" id="state" data-live>${renderState(facts)}</div>
<div class="refresh"><span id="refreshed" data-live>as of ${clockText(now)}</span> <button type="button" id="pause" hidden>Pause updates</button><span id="stale" role="status"></span></div>
</header>
<main>
<div id="alerts" data-live>${renderAlerts(facts)}</div>
<section aria-labelledby="rollout"><h2 id="rollout">Rollout</h2><div id="tiles" data-live>${renderTiles(facts)}</div></section>
<section aria-labelledby="issuers"><h2 id="issuers">Issuers</h2><div id="issuer-cards" data-live>${renderIssuers(facts)}</div></section>
<section aria-labelledby="clients"><h2 id="clients" tabindex="-1">Clients</h2>
${renderFilterForm(
  query,
  config.issuers.map(({ name }) => name),
)}
<div id="client-list" data-live>${renderClients(facts)}</div></section>
<section aria-labelledby="configuration"><h2 id="configuration">Configuration</h2><div id="loads" data-live>${renderLoads(facts.loads, now)}</div></section>
</main>
<footer class="muted"><a href="metrics">Metrics</a> <a href="api/clients">Clients as JSON</a> <a href="readyz">Ready?</a> <span>Counts are of the last 14 days, in UTC, from every replica; they are a few seconds behind.</span></footer>
</body>
</html>
`.text;
}

function renderState({ config, readingFault, loads, now, startedAt }: StatusFacts): Html {
  const [last] = loads;
  const store = config.store.kind === 'redis' ? 'Redis' : 'memory of this process';
  return html`<dl>
<div><dt>Store</dt><dd><span class="dot ${readingFault === undefined ? 'good' : 'bad'}" aria-hidden="true"></span>${store}${readingFault !== undefined && ', away'}</dd></div>
<div><dt>Configuration</dt><dd><span class="dot ${last?.outcome === 'rejected' ? 'bad' : 'good'}" aria-hidden="true"></span>${last?.outcome === 'rejected' ? 'rejected' : 'loaded'} ${last !== undefined && timeText(last.at, now)}</dd></div>
<div><dt>Started</dt><dd>${timeText(startedAt, now)}</dd></div>
</dl>`;
}

function renderAlerts({ notReady, readingFault, reading, loads, now }: StatusFacts): Html {
  const alerts: Html[] = [];
  if (readingFault !== undefined) {
    const since =
      reading === undefined
        ? 'There are no counts to show'
        : html`The counts below are those of ${timeText(reading.at, now)}`;
    alerts.push(
      html`<b>The store is away.</b> ${readingFault}. ${since}. What is counted meanwhile is kept until it is back.`,
    );
  } else if (notReady !== undefined) {
    alerts.push(html`<b>This gateway is not ready:</b> ${notReady}.`);
  }
  if (loads[0]?.outcome === 'rejected') {
    alerts.push(
      html`<b>The last configuration was rejected.</b> The one before stays in force; <a href="#configuration">the problems are listed below</a>.`,
    );
  }
  return html`${alerts.map((alert) => html`<p class="alert">${alert}</p>`)}`;
}
