import type { Carrier } from './carrier.ts';
import { findUrlCarriers, readWholeUrl, type Surroundings } from './find-urls.ts';
import { Written } from './written.ts';

/** The carriers in one header value, for `rewriteCarriers`. */
export type HeaderCarriers = {
  /** The index of the value in the list of names and values. */
  readonly index: number;
  readonly carriers: readonly Carrier[];
};

/** `headers`: a flat list of names and values. The status does not matter: browsers and scripts follow a Location with any status. */
export function readHeaderCarriers(headers: readonly string[], around: Surroundings): HeaderCarriers[] {
  const found: HeaderCarriers[] = [];
  for (let index = 1; index < headers.length; index += 2) {
    const carriers = readValue(
      (headers[index - 1] as string).toLowerCase(),
      headers[index] as string,
      around,
    );
    if (carriers.length > 0) found.push({ index, carriers });
  }
  return found;
}

function readValue(name: string, value: string, around: Surroundings): Carrier[] {
  switch (name) {
    case 'location':
      return readWholeUrl(Written.plain(value), 'location', around, true);
    case 'refresh':
      return readWholeUrl(refreshUrl(Written.plain(value)), 'refresh', around, true);
    case 'set-cookie':
      return findUrlCarriers(Written.plain(value.split(';', 1)[0] ?? ''), 'cookie', around);
    default:
      // Link, and those that scripts follow, such as HX-Redirect.
      return around.findPrefix(value, 0) === -1 ? [] : findUrlCarriers(Written.plain(value), 'link', around);
  }
}

/** The URL of a Refresh (HTML 4.2.5.3, shared declarative refresh steps). */
export function refreshUrl(written: Written): Written {
  const { text } = written;
  let from = 0;
  const skip = (characters: RegExp) => {
    while (from < text.length && characters.test(text[from] as string)) from += 1;
  };
  skip(/[\s0-9.]/);
  skip(/[\s;,]/);
  const named = /^url\s*=/i.exec(text.slice(from, from + 64));
  if (named !== null) from += named[0].length;
  skip(/\s/);
  const quote = text[from];
  if (quote !== '"' && quote !== "'") return written.slice(from);
  const end = text.indexOf(quote, from + 1);
  return written.slice(from + 1, end === -1 ? text.length : end);
}
