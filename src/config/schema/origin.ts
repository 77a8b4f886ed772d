import { type Parsed, textAs } from './scalars.ts';

/** `https://host[:port]` with nothing after it, as `URL.origin` writes it. */
export function parseHttpOrigin(text: string): Parsed<string> {
  if (!/^https?:\/\/[^\s\\]+$/i.test(text) || !URL.canParse(text)) {
    return { problem: 'must be an http or https URL, such as https://idp.example.com' };
  }
  const url = new URL(text);
  if (/^[^/]*\/\/[^/]*@/.test(text)) return { problem: 'must not contain a user name or password' };
  if (text.includes('?')) return { problem: 'must be an origin: scheme, host and port, without a query' };
  if (text.includes('#')) return { problem: 'must be an origin: scheme, host and port, without a fragment' };
  if (!/^[^/]*\/\/[^/]+\/?$/.test(text)) {
    return {
      problem: `must be an origin, without the path ${url.pathname}: requests keep their path, and \`endpoints\` lists the judged paths`,
    };
  }
  return { value: url.origin };
}

export const httpOrigin = textAs(parseHttpOrigin, {
  'x-type': 'origin',
  pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s/?#@\\\\]+/?$',
});

/** The value of an Origin header; apps in a web view use private schemes (`capacitor://localhost`). */
function parseCorsOrigin(text: string): Parsed<string> {
  if (text === '*') return { problem: '`*` is not allowed at a token endpoint: list the origins' };
  const [, scheme, host] = /^([a-z][a-z0-9+.-]*):\/\/([^\s/?#@\\*]+)$/i.exec(text) ?? [];
  if (scheme === undefined || host === undefined) {
    return { problem: 'must be an origin such as https://app.example.com, without a path' };
  }
  if (!/^https?$/i.test(scheme)) return { value: text };
  return URL.canParse(text) ? { value: new URL(text).origin } : { problem: 'must be an origin' };
}

export const corsOrigin = textAs(parseCorsOrigin, {
  'x-type': 'origin',
  pattern: '^[A-Za-z][A-Za-z0-9+.-]*://[^\\s/?#@\\\\*]+$',
});
