import { parseJsonObject } from '../json-object.ts';

export type ContentFamily = 'html' | 'xhtml' | 'xml' | 'json' | 'script' | 'text';

const TYPE = /^[!#$%&'*+.^`|~\w-]+\/[!#$%&'*+.^`|~\w-]+$/;
/** MIME Sniffing 4.6, "JavaScript MIME type". */
const SCRIPT =
  /^(?:(?:text|application)\/(?:x-)?(?:javascript|ecmascript)|text\/(?:javascript1\.\d|jscript|livescript))$/;
const UNKNOWN: ReadonlySet<string> = new Set(['*/*', 'unknown/unknown', 'application/unknown']);

/**
 * How the body of a content type is read; `undefined`: it is not inspected. As in browsers, the last valid type of a list counts
 * (Fetch, "extract a MIME type"), and a body without a known type is a page if it looks like one (MIME Sniffing 7).
 */
export function contentFamily(contentType = ''): ContentFamily | undefined {
  const unquoted = contentType.split('"').filter((_, index) => index % 2 === 0);
  const list = unquoted.join('').toLowerCase().split(',');
  const types = list.map((item) => item.split(';', 1)[0]?.trim() ?? '');
  const type = types.findLast((each) => TYPE.test(each) && !UNKNOWN.has(each)) ?? 'text/html';
  if (type === 'text/html') return 'html';
  if (type === 'application/xhtml+xml') return 'xhtml';
  if (/^(?:text|application)\/(?:x-)?json$/.test(type) || type.endsWith('+json')) return 'json';
  if (type === 'application/xml' || type === 'text/xml' || type.endsWith('+xml')) return 'xml';
  if (SCRIPT.test(type)) return 'script';
  return type === 'text/plain' ? 'text' : undefined;
}

/** The family of a whole body: frameworks that set no content type send JSON as a page or as text. */
export function sniffFamily(text: string, family: ContentFamily): ContentFamily {
  const mayBeJson = (family === 'html' || family === 'text') && /^\s*\{/.test(text);
  return mayBeJson && parseJsonObject(text) !== undefined ? 'json' : family;
}
