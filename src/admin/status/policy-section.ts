import type { ClientActivity } from '../../activity/client-activity.ts';
import { showPolicy } from '../../config/show-settings.ts';
import { UNLISTED } from '../../policy/client-policy.ts';
import { type Html, html } from './html.ts';

/** Settings that other parts of the page show. */
const SKIPPED = new Set(['description', 'owner', 'redirect_uris']);

/** Settings that allow anything where they have no value. */
const OPEN = new Set(['redirect_uris', 'response_modes', 'grant_types']);

/** Each setting of the policy in force, and the source of its value. */
export function renderPolicy({ policy }: Pick<ClientActivity, 'policy'>): Html {
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
