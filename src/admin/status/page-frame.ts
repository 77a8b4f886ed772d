import { type Html, html } from './html.ts';
import type { StatusFacts } from './status-facts.ts';
import { clockText, timeText } from './time-text.ts';

/**
 * The frame of every page. Pages work without JavaScript; the script only refreshes elements with `data-live`.
 * Links and assets are relative, so that they work under any path of a proxy.
 */
export function renderFrame(facts: StatusFacts, title: string, content: Html): string {
  const { now, version } = facts;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · pkce-gateway</title>
<link rel="icon" href="status.svg" type="image/svg+xml">
<link rel="stylesheet" href="status.css">
<script src="status.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<p class="brand"><a href="./"><img src="status.svg" alt="" width="22" height="22"> pkce-gateway</a> <span class="muted version">${version}</span></p>
<div class="state" id="state" data-live>${renderState(facts)}</div>
<div class="refresh"><span id="refreshed" data-live>as of ${clockText(now)}</span> <button type="button" id="pause" hidden>Pause updates</button><span id="stale" role="status"></span></div>
</header>
<main id="main" tabindex="-1">
<h1 class="hidden">${title}</h1>
<div id="alerts" data-live>${renderAlerts(facts)}</div>
${content}
</main>
<footer class="muted"><a href="metrics">Metrics</a> <a href="api/clients">Clients as JSON</a> <a href="readyz">Ready probe</a> <span>Counts cover the last 14 days (UTC) and ${COUNTED[facts.config.store.kind]}. They are a few seconds old.</span></footer>
</body>
</html>
`.text;
}

/** Whose requests the counts cover, by the kind of the store. */
const COUNTED = {
  redis: 'every replica',
  memory: 'this process since its start',
  sealed: 'this replica since its start',
};

/** A form that finds a violation by the request id that a user saw. */
export function renderRequestSearch(id = ''): Html {
  return html`<form class="lookup" method="get" action="request" role="search" aria-label="Request id">
<label>Request id <input type="search" name="id" value="${id}" placeholder="from the page or error that the user saw" maxlength="200" required></label>
<button type="submit">Find</button>
</form>`;
}

function renderState({ config, readingFault, loads, now, startedAt }: StatusFacts): Html {
  const [last] = loads;
  const rejected = last?.outcome === 'rejected';
  const store = { redis: 'Redis', memory: 'in memory', sealed: 'sealed: no records are kept' }[
    config.store.kind
  ];
  return html`<dl>
<div><dt>Store</dt><dd><span class="dot ${readingFault === undefined ? 'good' : 'bad'}" aria-hidden="true"></span>${store}${readingFault !== undefined && ', unreachable'}</dd></div>
<div><dt>Configuration</dt><dd><span class="dot ${rejected ? 'bad' : 'good'}" aria-hidden="true"></span>${rejected ? 'rejected' : 'loaded'} ${last !== undefined && timeText(last.at, now)}</dd></div>
<div><dt>Started</dt><dd>${timeText(startedAt, now)}</dd></div>
</dl>`;
}

function renderAlerts({ problems, readingFault, reading, loads, now }: StatusFacts): Html {
  const others = problems.filter((problem) => readingFault === undefined || !problem.includes(readingFault));
  const alerts = others.map((problem) => html`<b>This gateway is not ready:</b> ${problem}.`);
  if (readingFault !== undefined) {
    const since =
      reading === undefined
        ? 'The clients below come from the configuration. Their activity is unknown'
        : html`The counts below were read ${timeText(reading.at, now)}`;
    alerts.push(
      html`<b>The store is unreachable:</b> ${readingFault}. ${since}. New counts are kept until it is reachable again.`,
    );
  }
  if (loads[0]?.outcome === 'rejected') {
    alerts.push(
      html`<b>The last configuration was rejected.</b> The previous one stays in force. <a href="./#configuration">See the problems</a>.`,
    );
  }
  return html`${alerts.map((alert) => html`<p class="alert">${alert}</p>`)}`;
}
