import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { escapeHtml } from '../../../src/oauth/escape-html.ts';
import { buildFormPostPage, FORM_POST_CSP } from '../../../src/oauth/form-post-page.ts';
import { parsePostForms } from '../../../src/oauth/form-post-response.ts';

const HOSTILE = `"><script>alert(1)</script>'&amp;<!--`;

test('nothing leaves its attribute or element', () => {
  expect(escapeHtml(HOSTILE)).not.toMatch(/[<>"']/);
  expect(escapeHtml('&<>"\'')).toBe('&#38;&#60;&#62;&#34;&#39;');
  expect(escapeHtml('a-z é€😀')).toBe('a-z é€😀');
});

test('the page posts what it was given, in order, and nothing else', () => {
  const redirectUri = 'https://client.example.com/cb?a=1&b="2"';
  const page = buildFormPostPage(redirectUri, [
    ['code', HOSTILE],
    ['state', ''],
    [HOSTILE, ' x '],
  ]);
  const [form, ...others] = parsePostForms(page);
  expect(others).toEqual([]);
  expect(form?.action).toBe(redirectUri);
  expect(form?.inputs.map(({ name, value }) => [name, value])).toEqual([
    ['code', HOSTILE],
    ['state', ''],
    [HOSTILE, ' x '],
  ]);
  expect(page.match(/<script/g)).toHaveLength(1);
});

test('its policy allows its one script, and no more', () => {
  const [, script = ''] = /<script>(.*)<\/script>/.exec(buildFormPostPage('https://c', [])) ?? [];
  const digest = createHash('sha256').update(script).digest('base64');
  expect(FORM_POST_CSP).toContain(`script-src 'sha256-${digest}'`);
  expect(FORM_POST_CSP).toContain(`default-src 'none'`);
  // Browsers apply form-action to every redirect that follows the post.
  expect(FORM_POST_CSP).not.toContain('form-action');
});
