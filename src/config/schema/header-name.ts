import { type Parsed, textAs } from './scalars.ts';

/** Headers with a meaning for a server or a proxy: an id there would change how a message is interpreted. */
const TAKEN =
  /^(host|connection|keep-alive|te|trailer|upgrade|expect|via|content-.*|transfer-encoding|cookie|set-cookie|origin|referer|location|date|vary|range|accept.*|access-control-.*|(proxy-)?auth.*|(x-)?forwarded.*|sec-.*)$/;

/** The name of a header field that only carries an id. */
function parseHeaderName(text: string): Parsed<string> {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(text)) {
    return { problem: 'must be a header name of letters, digits and -, such as X-Request-Id' };
  }
  if (TAKEN.test(text.toLowerCase()))
    return { problem: `${text} already has a meaning: choose a different header` };
  return { value: text };
}

export const headerName = textAs(parseHeaderName, {
  'x-type': 'header name',
  pattern: '^[A-Za-z0-9-]{1,64}$',
});
