import type { ClientActivity } from '../../activity/client-activity.ts';
import { showPolicy } from '../../config/show-policy.ts';
import { UNLISTED } from '../../policy/client-policy.ts';
import { type Html, html } from './html.ts';

/** Settings that other parts of the page show. */
const SKIPPED = new Set(['description', 'owner', 'redirect_uris']);

/** Each setting of the policy in force, and the source of its value. */
export function renderPolicy({ policy }: Pick<ClientActivity, 'policy'>): Html {
  const rows = showPolicy(policy).filter(({ key, value }) => !SKIPPED.has(key) && value !== undefined);
  const own = policy.name === UNLISTED ? 'unlisted_clients' : `clients.${policy.name}`;
  const places = { entry: own, defaults: 'defaults', 'built-in': 'built in' } as const;
  return html`<table class="policy"><thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">From</th></tr></thead>
<tbody>${rows.map(
    ({ key, value, origin }) =>
      html`<tr><th scope="row"><code>${key}</code></th><td>${valueText(value)}</td><td class="${origin === 'built-in' ? 'muted' : ''}">${places[origin]}</td></tr>`,
  )}</tbody></table>
<p class="muted">What is not shown has no value: any redirect URI, response mode and grant type is allowed.</p>`;
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
