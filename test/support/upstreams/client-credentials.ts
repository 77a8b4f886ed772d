import type { IncomingHttpHeaders } from 'node:http';

export type ClientCredentials = {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
};

/** The client credentials of a token request: HTTP Basic (RFC 6749 2.3.1), else the form. */
export function readClientCredentials(
  headers: IncomingHttpHeaders,
  form: URLSearchParams,
): ClientCredentials {
  const basic = /^Basic (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (basic === undefined) {
    return {
      clientId: form.get('client_id') ?? undefined,
      clientSecret: form.get('client_secret') ?? undefined,
    };
  }
  const text = Buffer.from(basic, 'base64').toString();
  const colon = text.indexOf(':');
  return { clientId: formDecode(text.slice(0, colon)), clientSecret: formDecode(text.slice(colon + 1)) };
}

function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
