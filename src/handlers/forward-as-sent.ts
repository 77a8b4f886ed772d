import { changeParameters } from '../oauth/change-parameters.ts';
import { PKCE_PARAMETERS } from '../oauth/pkce.ts';
import type { Forwarded } from '../upstream/forward.ts';
import type { Exchange } from './exchange.ts';
import type { Message } from './message/message.ts';
import { type SendOptions, sendUpstream } from './send-upstream.ts';

type Received = { readonly exchange: Exchange; readonly message: Message };

/** Forwards requests that are not judged, or cannot be read. */
export async function forwardAsSent(received: Received): Promise<'done'> {
  await sendAsSent(received);
  return 'done';
}

/** The same, and resolves to the upstream's answer. */
export function sendAsSent({ exchange, message }: Received, options: SendOptions = {}): Promise<Forwarded> {
  const dropped = exchange.issuer.forwardsPkce ? undefined : PKCE_PARAMETERS;
  const query = changeParameters(message.query.raw, { dropped });
  return sendUpstream(exchange, { query, bodyAsSent: message.asSent(dropped) }, options);
}
