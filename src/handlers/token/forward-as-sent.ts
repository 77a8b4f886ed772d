import { changeRawParameters } from '../../oauth/change-parameters.ts';
import type { Forwarded } from '../../upstream/forward.ts';
import { sendUpstream } from '../send-upstream.ts';
import type { TokenContext } from './token-context.ts';

/** Sends on what nobody judges, or nobody here can read. */
export async function forwardAsSent(context: TokenContext): Promise<'done'> {
  await sendAsSent(context);
  return 'done';
}

/** The request as it came, but for parameters that must stay behind. */
export function sendAsSent(
  { exchange, message }: TokenContext,
  dropped?: ReadonlySet<string>,
): Promise<Forwarded> {
  const { body, query } = message;
  const changes = body?.isForm === true && body.format === 'form' && dropped !== undefined;
  const bodyAsSent = changes
    ? Buffer.from(changeRawParameters(body.form.raw, { dropped }), 'latin1')
    : message.asSent();
  return sendUpstream(exchange, { query: query.raw, bodyAsSent });
}
