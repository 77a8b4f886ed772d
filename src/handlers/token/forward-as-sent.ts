import type { Forwarded } from '../../upstream/forward.ts';
import { type SendOptions, sendUpstream } from '../send-upstream.ts';
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
  return sendUpstream(exchange, { query: message.query.raw, bodyAsSent: message.asSent() }, options);
}
