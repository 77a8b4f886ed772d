import { changeRawParameters } from '../../oauth/change-parameters.ts';
import type { Parameters } from '../../oauth/parameters.ts';
import { PKCE_PARAMETERS } from '../../oauth/pkce.ts';
import type { Forwarded } from '../../upstream/forward.ts';
import type { Message } from '../message/message.ts';
import { type SendOptions, sendUpstream, type UpstreamRequest } from '../send-upstream.ts';
import type { TokenContext } from './token-context.ts';

/** Forwards requests that are not judged, or cannot be read. */
export async function forwardAsSent(context: TokenContext): Promise<'done'> {
  await sendAsSent(context);
  return 'done';
}

/** The same, and resolves to the upstream's answer. */
export function sendAsSent(
  { exchange, message }: TokenContext,
  options: Pick<SendOptions, 'settle'> = {},
): Promise<Forwarded> {
  const dropped = exchange.issuer.forwardsPkce ? undefined : PKCE_PARAMETERS;
  const query = changeRawParameters(message.query.raw, { dropped });
  return sendUpstream(exchange, { query, bodyAsSent: message.asSent(dropped) }, options);
}

/** Writes parameters in the format of the client's request. */
export function writeBody(
  { body }: Message,
  parameters: Parameters,
): Pick<UpstreamRequest, 'body' | 'contentType'> {
  if (body?.format !== 'json') return { body: parameters.serialize() };
  return { body: JSON.stringify(Object.fromEntries(parameters.entries)), contentType: 'application/json' };
}
