import { parseParameters } from './parameters.ts';

type Entry = readonly [name: string, value: string];

/**
 * Whatever parameters some server might read out of a body that is no form: the same syntax under another content type,
 * JSON, multipart. Good for telling whose request it may be, and for nothing else.
 */
export function readLenientHints(text: string): Entry[] {
  const json = readJson(text);
  if (json.length > 0) return json;
  const parts = readMultipart(text);
  return parts.length > 0 ? parts : [...parseParameters(text).parameters.entries];
}

function readJson(text: string): Entry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]: [string, unknown]) =>
    (Array.isArray(item) ? item : [item])
      .filter((one) => typeof one === 'string')
      .map((one): Entry => [name, one]),
  );
}

/** RFC 7578, read without its boundary: a name, the end of the part's headers, and one line. */
function readMultipart(text: string): Entry[] {
  const part = /\bname\s*=\s*"?([^";\r\n]+)"?[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n([^\r\n]*)/gi;
  return [...text.matchAll(part)].map((match): Entry => [match[1] ?? '', match[2] ?? '']);
}
