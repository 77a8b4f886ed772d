import type { TokenResponse } from '../../test/support/token-request.ts';
import { escapeHtml } from '../../test/support/upstreams/pages.ts';
import type { Way } from './ways.ts';

/** One login by one way: what each party had, and what it got. */
export type Journey = {
  readonly verifier: string;
  readonly challenge: string;
  readonly code: string;
  /** The responses to the thief: without a verifier, then with a made-up one. None: no thief watched. */
  readonly thefts: readonly TokenResponse[];
  readonly own: { readonly ok: boolean; readonly shown: unknown };
};

type Cell = (journey: Journey) => string;
type Row = { readonly step: string; readonly cells: Readonly<Record<Way, Cell>> };

const TITLES = { server: 'Without the gateway', gateway: 'Through the gateway' } as const;

const ROWS: readonly Row[] = [
  {
    step: 'The app sends you to log in',
    cells: {
      server: (journey) => `${started(journey)} The server ignores the challenge.`,
      gateway: (journey) => `${started(journey)} The gateway keeps the challenge.`,
    },
  },
  {
    step: 'You come back with a code',
    cells: {
      server: ({ code }) =>
        `The code ${secret(code)} is in the address. <b>A thief who sees it has it too.</b>`,
      gateway: ({ code }) =>
        `The code ${secret(code)} is in the address. <b>A thief who sees it has it too,</b> but the gateway made it: the server does not know it.`,
    },
  },
  { step: 'The thief posts the code', cells: both(({ thefts: [first] }) => theft(first)) },
  {
    step: 'The thief makes up a verifier',
    cells: both(({ thefts: [first, second] }) => (first && !second ? 'Not necessary.' : theft(second))),
  },
  { step: 'The app posts the code and its verifier', cells: both(({ own }) => outcome(own)) },
];

/** Both journeys side by side, each with its last login. `links`: further pages, by name. */
export function renderJourneys(
  journeys: ReadonlyMap<Way, Journey>,
  links: Readonly<Record<string, string>>,
): string {
  const ways = ['server', 'gateway'] as const;
  const head = ways.map((way) => `<th scope="col">${TITLES[way]}${buttons(way)}</th>`).join('');
  const rows = ROWS.map(({ step, cells }) => {
    const filled = ways.map((way) => {
      const journey = journeys.get(way);
      return `<td>${journey === undefined ? '' : cells[way](journey)}</td>`;
    });
    return `<tr><th scope="row">${step}</th>${filled.join('')}</tr>`;
  });
  const more = Object.entries(links).map(
    ([name, url]) => `<li><a href="${escapeHtml(url)}">${escapeHtml(name)}</a></li>`,
  );
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Two ways to log in</title>
<style>body{font:16px/1.5 system-ui;max-width:70em;margin:2em auto;padding:0 1em}table{border-collapse:collapse;table-layout:fixed;width:100%}
th,td{border:1px solid #ccc;padding:.6em;text-align:left;vertical-align:top;overflow-wrap:anywhere}th a{display:block;font-weight:normal}thead td{width:14em}
@media(max-width:50em){body{margin:1em auto}thead td{width:5em}}
code{background:#eee;padding:0 .2em}.bad{color:#b00020}.good{color:#0a6b2d}</style></head>
<body><h1>Two ways to log in</h1>
<p>This app uses PKCE. Its login server ignores PKCE. Log in by both ways, with any name and any password.</p>
<table><thead><tr><td></td>${head}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table>
<ul>${more.join('')}</ul>
</body></html>
`;
}

function buttons(way: Way): string {
  const title = TITLES[way].toLowerCase();
  return `<a href="/login?way=${way}&amp;watched=yes">Log in ${title}, with a thief watching</a><a href="/login?way=${way}">Log in ${title}</a>`;
}

function both(cell: Cell): Row['cells'] {
  return { server: cell, gateway: cell };
}

function started({ verifier, challenge }: Journey): string {
  return `The app keeps the verifier ${secret(verifier)} and sends its hash, the challenge ${secret(challenge)}.`;
}

function theft(answer: TokenResponse | undefined): string {
  if (answer === undefined) return 'No thief watched.';
  const { status, body } = answer;
  return status === 200
    ? `<span class="bad">✗ 200: the thief has your tokens (access_token ${secret(String(body['access_token']))}).</span> The server asked for no verifier.`
    : `<span class="good">✓ ${status} ${escapeHtml(String(body['error']))}: ${escapeHtml(String(body['error_description']))}</span>`;
}

function outcome({ ok, shown }: Journey['own']): string {
  const text = escapeHtml(JSON.stringify(shown));
  return ok
    ? `<span class="good">✓ The app has tokens.</span> They say who you are: <code>${text}</code>`
    : `<span class="bad">✗ The app got no tokens:</span> <code>${text}</code>`;
}

/** The beginning is enough for a comparison. */
function secret(value: string): string {
  return `<code>${escapeHtml(value.slice(0, 10))}…</code>`;
}
