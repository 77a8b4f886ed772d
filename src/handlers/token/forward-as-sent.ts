import type { Forwarded } from '../../upstream/forward.ts';
import { sendUpstream } from '../send-upstream.ts';
import type { TokenContext } from './token-context.ts';

/** Sends on what nobody judges, or nobody here can read. */
export async function forwardAsSent(context: TokenContext): Promise<'done'> {
  await sendAsSent(context);
  return 'done';
}

/** The same, for who needs to know how the upstream answered. */
export function sendAsSent({ exchange, message }: TokenContext): Promise<Forwarded> {
  return sendUpstream(exchange, { query: message.query.raw, bodyAsSent: message.asSent() });
}
