export type ContentFamily = 'html' | 'xhtml' | 'xml' | 'json' | 'script' | 'text';

/** How the body of a content type is read; `undefined`: it is not inspected. Browsers treat a missing type as a page. */
export function contentFamily(contentType: string | undefined): ContentFamily | undefined {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'text/html' || type === '') return 'html';
  if (type === 'application/xhtml+xml') return 'xhtml';
  if (type === 'application/json' || type === 'text/json' || type.endsWith('+json')) return 'json';
  if (type === 'application/xml' || type === 'text/xml' || type.endsWith('+xml')) return 'xml';
  if (/^(?:text|application)\/(?:x-)?(?:javascript|ecmascript)$/.test(type)) return 'script';
  return type === 'text/plain' ? 'text' : undefined;
}
