import { type AuthorizationFields, newSecret, type SloppyExchange, sendJson } from './exchange.ts';

/** Logs everybody in at once, and sends the response to any requested address. */
export function handleAuthorization(exchange: SloppyExchange): void {
  const { response, state } = exchange;
  const fields = fieldsOf(exchange);
  const asked = state.laxity.redirectTo ?? fields.get('redirect_uri') ?? 'https://app.example.com/cb';
  // It drops characters that no header can contain.
  const redirectUri = asked.replace(/[\u0000-\u001f\u007f]/g, '');
  const code = newSecret('code');
  state.codes.add(code);
  const answer: [string, string][] = [['code', code]];
  const clientState = fields.get('state');
  state.states.push(clientState);
  if (clientState !== undefined) answer.push(['state', clientState]);
  const text = new URLSearchParams(answer).toString();
  switch (fields.get('response_mode')) {
    case 'web_message':
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<script>opener.postMessage(${JSON.stringify(Object.fromEntries(answer))}, '*')</script>`);
      return;
    case 'form_post':
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(formPage(redirectUri, answer));
      return;
    case 'fragment':
      response.writeHead(302, { location: `${redirectUri}#${text}` }).end();
      return;
    default:
      response
        .writeHead(302, { location: redirectUri + (redirectUri.includes('?') ? '&' : '?') + text })
        .end();
  }
}

/** RFC 9126 without its rules: anybody may use a reference, any number of times. */
export function handlePushed({ parameters, response, state }: SloppyExchange): void {
  const requestUri = `urn:ietf:params:oauth:request_uri:${newSecret('par')}`;
  state.pushed.set(requestUri, parameters);
  sendJson(response, 201, { request_uri: requestUri, expires_in: 600 });
}

/** Plain parameters win over the request object, and that over the pushed request: all three ways exist. */
function fieldsOf({ parameters, state }: SloppyExchange): AuthorizationFields {
  const requestUri = parameters.get('request_uri') ?? '';
  const pushed = state.pushed.get(requestUri);
  const jwt = parameters.get('request') ?? requestUri.split('data:,')[1] ?? '';
  const claims = claimsOf(jwt);
  return { get: (name) => parameters.get(name) ?? claims[name] ?? pushed?.get(name) };
}

function claimsOf(jwt: string): Readonly<Record<string, string | undefined>> {
  try {
    return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
  } catch {
    return {};
  }
}

function formPage(action: string, fields: readonly (readonly [string, string])[]): string {
  const quote = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const inputs = fields.map(([name, value]) => `<input type=hidden name="${name}" value="${quote(value)}">`);
  return `<form method="post" action="${quote(action)}">${inputs.join('')}</form>`;
}
