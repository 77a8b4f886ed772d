import { hash } from 'node:crypto';
import { escapeHtml } from './escape-html.ts';

const SUBMIT = 'document.forms[0].submit()';

/**
 * Content-Security-Policy for the page: its one script and nothing else. Without `form-action` on purpose, since
 * browsers apply that to every redirect that follows the post.
 */
export const FORM_POST_CSP = `default-src 'none'; script-src 'sha256-${hash('sha256', SUBMIT, 'base64')}'; frame-ancestors 'none'; base-uri 'none'`;

/** The page that posts an authorization response to the client (OAuth 2.0 Form Post Response Mode 2). */
export function buildFormPostPage(
  redirectUri: string,
  parameters: Iterable<readonly [name: string, value: string]>,
): string {
  const inputs = [...parameters].map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Signing in</title></head>
<body>
<form method="post" action="${escapeHtml(redirectUri)}">
${inputs.join('\n')}
<noscript><p>Scripts are off in this browser.</p><button>Continue</button></noscript>
</form>
<script>${SUBMIT}</script>
</body>
</html>
`;
}
