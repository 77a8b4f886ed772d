import type { ClientActivity } from '../../activity/client-activity.ts';
import { isInTrouble, violationCount } from './client-query.ts';
import { type Html, html } from './html.ts';
import { momentText, numberText, percentText } from './time-text.ts';

const HEIGHT = 28;
const STEP = 8;
const BAR = 6;

/** A bar for each day: authorization requests, with violations in a different colour. */
export function renderTrend({ days, mode }: ClientActivity): Html {
  const values = days.map((day) => {
    const broken = violationCount(day);
    // A refused request begins no flow and is not among the counted requests; a reported one is.
    return { broken, fine: mode === 'enforce' ? day.requests : Math.max(0, day.requests - broken) };
  });
  const most = Math.max(...values.map(({ fine, broken }) => fine + broken));
  const width = days.length * STEP - (STEP - BAR);
  const label = `Per day, the oldest first: requests ${days.map(({ requests }) => requests).join(', ')}; violations ${values.map(({ broken }) => broken).join(', ')}`;
  const alternative = most === 0 ? html`aria-hidden="true"` : html`role="img" aria-label="${label}"`;
  // Even the smallest number stays visible.
  const height = (count: number) => (count === 0 ? 0 : Math.max(1.5, (count / most) * (HEIGHT - 1)));
  const bars = values.map(({ fine, broken }, day) => {
    const [good, bad] = [height(fine), height(broken)];
    const at = day * STEP;
    return [
      good > 0 &&
        html`<rect class="t-good" x="${at}" y="${fixed(HEIGHT - good)}" width="${BAR}" height="${fixed(good)}"/>`,
      bad > 0 &&
        html`<rect class="t-bad" x="${at}" y="${fixed(Math.max(0, HEIGHT - good - bad))}" width="${BAR}" height="${fixed(bad)}"/>`,
    ];
  });
  return html`<svg class="trend" ${alternative} viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}"><path class="t-none" d="M0 ${HEIGHT - 0.5}H${width}"/>${bars}</svg>`;
}

/** One bar, split by method. */
export function renderMethods({ total: methods }: ClientActivity): Html {
  const { requests } = methods;
  if (requests === 0) return html`<span class="muted">–</span>`;
  const shares = (['S256', 'plain', 'none'] as const).filter((method) => methods[method] > 0);
  let at = 0;
  const parts = shares.map((method) => {
    const width = (methods[method] / requests) * 100;
    const part = html`<rect class="m-${method}" x="${fixed(at)}" y="0" width="${fixed(width)}" height="6"/>`;
    at += width;
    return part;
  });
  const others = shares
    .filter((method) => method !== 'S256')
    .map((method) => `${numberText(methods[method])} ${method}`);
  return html`<span class="share">${percentText(methods.S256, requests)} S256</span><svg class="methods" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>${others.length > 0 && html`<span class="muted">${others.join(', ')}</span>`}`;
}

function fixed(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** The verdict in one or two words. For an enforced client it says whether its logins work. */
export function renderVerdictChip(client: ClientActivity, known: boolean): Html {
  const { state } = client.verdict;
  if (client.mode === 'off') return html`<span class="muted">not judged</span>`;
  if (!known) return html`<span class="muted">–</span>`;
  if (isInTrouble(client)) return html`<span class="chip trouble">in trouble</span>`;
  const word = client.mode === 'enforce' && state === 'ready' ? 'all fine' : state;
  return html`<span class="chip verdict-${state.replace(' ', '-')}">${word}</span>`;
}

/** The mode, and for a client that is being enforced step by step, the date and the share of logins. */
export function renderMode({ policy, mode }: ClientActivity, now: number): Html {
  const { enforceFrom, enforcePercent } = policy;
  const share = enforcePercent < 100 ? `in ${enforcePercent} % of logins` : '';
  const from =
    mode === 'report' && enforceFrom !== undefined && enforceFrom >= now
      ? `enforced from ${momentText(enforceFrom)}`
      : '';
  const details =
    mode === 'off' ? '' : [from, mode === 'enforce' || from !== '' ? share : ''].join(' ').trim();
  return html`<span class="chip mode-${mode}">${mode}</span>${details !== '' && html`<span class="muted details">${details}</span>`}`;
}
