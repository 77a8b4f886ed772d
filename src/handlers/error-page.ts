import { escapeHtml } from '../oauth/escape-html.ts';

/** The page that a person sees whose login cannot go on. */
export function renderErrorPage(page: {
  readonly status: number;
  readonly description: string;
  readonly reason?: string | undefined;
  readonly owner?: string | undefined;
  readonly requestId: string;
}): string {
  const heading = page.status < 500 ? 'This sign-in was stopped' : 'Sign-in is not available right now';
  const advice =
    page.status < 500
      ? 'The application asked for it in a way that is not allowed here. Go back to the application and try again.'
      : 'Nothing is wrong with your account. Please try again in a moment.';
  const contact = page.owner === undefined ? '' : `<dt>Contact</dt><dd>${escapeHtml(page.owner)}</dd>`;
  const reason =
    page.reason === undefined ? '' : `<dt>Reason</dt><dd><code>${escapeHtml(page.reason)}</code></dd>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${heading}</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#f4f5f7, #16181d); color: light-dark(#1c2026, #e6e8eb); }
main { box-sizing: border-box; width: min(34rem, 100% - 2rem); padding: 2rem; border-radius: 12px; background: light-dark(#fff, #21242b); }
h1 { margin: 0 0 .5rem; font-size: 1.4rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 1.5rem 0 0; font-size: .9rem; }
dt { color: light-dark(#59616d, #a3abb8); }
dd { margin: 0; overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
<h1>${heading}</h1>
<p>${advice}</p>
<dl><dt>What happened</dt><dd>${escapeHtml(page.description)}</dd>${reason}${contact}<dt>Request id</dt><dd><code>${escapeHtml(page.requestId)}</code></dd></dl>
</main>
</body>
</html>
`;
}
