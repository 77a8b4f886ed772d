import type { Page } from './browser.ts';
import type { Answer } from './simple-client.ts';

/** A short description: status and reason. A 503 of the gateway itself must have a Retry-After. */
export function describeAnswer({ status, headers, text }: Page | Answer): string {
  const isJson = String(headers['content-type']).startsWith('application/json');
  const { error, reason } = isJson ? JSON.parse(text) : {};
  if (status >= 500) {
    const tells =
      status !== 503 || (Number(headers['retry-after']) > 0 && error === 'temporarily_unavailable');
    return tells ? String(status) : `${status} that does not tell when to come back`;
  }
  return `${status} \`${reason ?? error}\``;
}

/** Whether a connection broke: such errors have a code of Node or undici. */
export function isBrokenOff(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code === 'string';
}
