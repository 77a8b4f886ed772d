import { Remembered } from '../http/remembered.ts';
import { beforeNul, canonicalName, PROTOCOL_PARAMETERS } from '../oauth/parameter-names.ts';
import { decodeFormText } from '../oauth/parameters.ts';

// PHP's `$_REQUEST` and ASP's `Request` also read cookies as parameters, and PHP without a configuration prefers them.

/** The protocol parameters that such a server would find in a Cookie header, as a query without values. */
export function parametersInCookies(header: string | undefined): string {
  if (header === undefined) return '';
  const found = header.split(';').flatMap((cookie) => parameterOf(cookie) || []);
  return found.map((name) => `${name}=`).join('&');
}

/** A Cookie header without these; empty if nothing remains. */
export function withoutParameters(header: string): string {
  const cookies = header.split(';');
  const kept = cookies.filter((cookie) => parameterOf(cookie) === '');
  return kept.length === cookies.length ? header : kept.join(';').trim();
}

function parameterOf(cookie: string): string {
  return parameters.of((cookie.split('=', 1)[0] ?? '').trim());
}

/** By the name of a cookie; empty for none. */
const parameters = new Remembered((name) => {
  const canonical = canonicalName(beforeNul(decodeFormText(name)));
  return PROTOCOL_PARAMETERS.has(canonical) ? canonical : '';
});
