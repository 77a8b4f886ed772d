/** The plain HTML that the upstreams show: a login form, a consent form, an auto-submitting form_post page. */

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

export function page(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<style>body{font:16px system-ui;max-width:34em;margin:4em auto;padding:0 1em}input,button{font:inherit;margin:.2em 0;padding:.3em}</style>
</head><body><h1>${escapeHtml(title)}</h1>
${body}
</body></html>
`;
}

function hiddenInputs(fields: Iterable<readonly [string, string]>): string {
  return [...fields]
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('\n');
}

export function loginPage(action: string, hidden: Iterable<readonly [string, string]> = []): string {
  return page(
    'Log in',
    `<form method="post" action="${escapeHtml(action)}">
${hiddenInputs(hidden)}
<label>Name <input name="username" autofocus></label><br>
<label>Password <input type="password" name="password"></label> (any will do)<br>
<button type="submit">Log in</button>
</form>`,
  );
}

export function consentPage(
  action: string,
  clientId: string,
  hidden: Iterable<readonly [string, string]> = [],
): string {
  return page(
    'Grant access',
    `<p>Let <b>${escapeHtml(clientId)}</b> know who you are?</p>
<form method="post" action="${escapeHtml(action)}">
${hiddenInputs(hidden)}
<button type="submit">Continue</button>
</form>`,
  );
}

/** OAuth 2.0 Form Post Response Mode, appendix A. */
export function formPostPage(redirectUri: string, parameters: Iterable<readonly [string, string]>): string {
  return `<html><head><title>Submit This Form</title></head>
<body onload="javascript:document.forms[0].submit()">
<form method="post" action="${escapeHtml(redirectUri)}">
${hiddenInputs(parameters)}
</form></body></html>
`;
}
