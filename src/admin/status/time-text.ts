import { dayOf, dayText } from '../../activity/activity-store.ts';
import { type Html, html } from './html.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A moment in relative words; the tooltip has the exact time. */
export function timeText(at: number, now: number): Html {
  const exact = new Date(at).toISOString();
  return html`<time datetime="${exact}" title="${exact.slice(0, 19).replace('T', ' ')} UTC">${relative(at - now)}</time>`;
}

function relative(distance: number): string {
  const away = Math.abs(distance);
  if (away < MINUTE) return distance <= 0 ? 'just now' : 'in a moment';
  const [count, unit] =
    away < HOUR ? [away / MINUTE, 'min'] : away < 2 * DAY ? [away / HOUR, 'h'] : [away / DAY, 'days'];
  const text = `${Math.floor(count)} ${unit}`;
  return distance < 0 ? `${text} ago` : `in ${text}`;
}

/** `2026-11-22 14:00 UTC` */
export function momentText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `14:00:07 UTC` */
export function clockText(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`;
}

export function numberText(count: number): string {
  return count.toLocaleString('en-US');
}

/** Rounded down: anything less than all is not 100 %. */
export function percentText(part: number, whole: number): string {
  return whole === 0 ? '–' : `${Math.min(100, Math.floor((part / whole) * 100))} %`;
}

/** A day, given by its number (`dayOf`), in relative words. */
export function relativeDay(day: number, now: number): Html {
  const ago = dayOf(now) - day;
  const date = dayText(day);
  const text = ago <= 0 ? 'today' : ago === 1 ? 'yesterday' : `${ago} days ago`;
  return html`<time datetime="${date}" title="${date}">${text}</time>`;
}
