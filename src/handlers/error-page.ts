import { escapeHtml } from '../oauth/escape-html.ts';

/** The content of an error page. */
export type ErrorPage = {
  readonly status: number;
  /** For those who maintain the application. */
  readonly description: string;
  readonly reason?: string | undefined;
  /** The contact of the client. */
  readonly owner?: string | undefined;
  readonly requestId: string;
};

/** The page for a user whose login cannot continue: the operator's (`pages.error_file`), or the built-in one. */
export function renderErrorPage(page: ErrorPage, template: string | undefined): string {
  const { status, description, reason = '', owner = '', requestId } = page;
  const { title, message } = status < 500 ? REFUSED : FAULT;
  if (template === undefined) return ownPage(page, title, message);
  const values: Readonly<Record<string, string>> = {
    title,
    message,
    status: String(status),
    description,
    reason,
    owner,
    request_id: requestId,
  };
  // One pass: the content of a value is never treated as a placeholder.
  return template.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => escapeHtml(values[name] ?? ''));
}

const REFUSED = {
  title: 'This sign-in was stopped',
  message:
    'The application sent a sign-in request that does not meet the security rules of this server. Your account and your password are not the cause. Go back to the application and try again. If that does not help, contact those who maintain it.',
} as const;

const FAULT = {
  title: 'Sign-in is not available right now',
  message: 'Your account and your password are not the cause. Please try again in a moment.',
} as const;

function ownPage(page: ErrorPage, title: string, message: string): string {
  const { description, reason, owner, requestId } = page;
  const contact = owner === undefined ? '' : row('Contact', linkTo(owner));
  const code = reason === undefined ? '' : row('Reason', `<code>${escapeHtml(reason)}</code>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#f4f5f7, #16181d); color: light-dark(#1c2026, #e6e8eb); }
main { box-sizing: border-box; width: min(36rem, 100% - 2rem); margin: 1rem 0; padding: 2rem; border-radius: 12px; background: light-dark(#fff, #21242b); }
h1 { margin: 0 0 .5rem; font-size: 1.4rem; line-height: 1.25; }
p { margin: 0; }
dl { margin: 1.5rem 0 0; font-size: .9rem; }
dt { color: light-dark(#59616d, #a3abb8); }
dd { margin: 0 0 .6rem; overflow-wrap: anywhere; }
a { color: light-dark(#0a58ca, #8ab4f8); }
@media (min-width: 30rem) { dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.25rem; } dd { margin: 0; } }
@media (max-width: 30rem) { main { padding: 1.25rem; } }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${message}</p>
<dl>
${row('Details', escapeHtml(description))}${code}${contact}${row('Request id', `<code>${escapeHtml(requestId)}</code>`)}</dl>
</main>
</body>
</html>
`;
}

function row(term: string, html: string): string {
  return `<dt>${term}</dt><dd>${html}</dd>\n`;
}

/** A mail address or a web address becomes a link; anything else is text. */
function linkTo(owner: string): string {
  const text = escapeHtml(owner);
  const mail = /^[^\s@:?&#<>"]+@[^\s@:?&#<>"]+\.[^\s@:?&#<>"]+$/.test(owner);
  const href = mail ? `mailto:${text}` : /^https:\/\/\S+$/.test(owner) ? text : undefined;
  return href === undefined ? text : `<a href="${href}" rel="noreferrer">${text}</a>`;
}
