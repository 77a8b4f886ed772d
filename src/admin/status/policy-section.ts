import type { ClientActivity } from '../../activity/client-activity.ts';
import type { ClientPolicy } from '../../policy/client-policy.ts';
import { type Html, html } from './html.ts';

/** Not settings of the file, or shown elsewhere on the page. */
const SKIPPED = new Set(['name', 'description', 'owner', 'redirectUris']);
const SECRET = new Set(['injectSecret']);
/** Without a value, any is allowed. */
const LISTS = new Set(['responseModes', 'grantTypes']);

/** Each setting of the policy in force. */
export function renderPolicy({ policy }: Pick<ClientActivity, 'policy'>): Html {
  const rows = Object.entries(policy).filter(
    ([name, value]) => !SKIPPED.has(name) && (value !== undefined || LISTS.has(name)),
  );
  return html`<table class="policy"><thead><tr><th scope="col">Setting</th><th scope="col">Value</th></tr></thead>
<tbody>${rows.map(
    ([name, value]) =>
      html`<tr><th scope="row"><code>${settingName(name)}</code></th><td>${settingText(name as keyof ClientPolicy, value)}</td></tr>`,
  )}</tbody></table>`;
}

/** As in the file. */
function settingName(name: string): string {
  return name === 'corsOrigins'
    ? 'cors.origins'
    : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function settingText(name: keyof ClientPolicy, value: unknown): string {
  if (value === undefined) return 'any';
  if (SECRET.has(name)) return '(hidden)';
  if (name === 'enforceFrom') return new Date(Number(value)).toISOString();
  if (typeof value === 'number' && name.endsWith('Ttl')) return durationText(value);
  return Array.isArray(value) ? (value.length === 0 ? 'none' : value.join(', ')) : String(value);
}

function durationText(milliseconds: number): string {
  const units = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const [unit, size] = units.find(([, length]) => milliseconds % length === 0) ?? ['ms', 1];
  return `${milliseconds / size}${unit}`;
}
