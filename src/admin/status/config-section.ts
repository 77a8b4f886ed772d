import type { ConfigLoad } from '../config-history.ts';
import { type Html, html } from './html.ts';
import { timeText } from './time-text.ts';

const WORDS = { started: 'loaded at the start', loaded: 'loaded', rejected: 'rejected' } as const;

/** The last configurations, newest first: which took effect, and what each changed. */
export function renderLoads(loads: readonly ConfigLoad[], now: number): Html {
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
