import { parseClientIdentity } from '../../oauth/client-identity.ts';
import { Parameters } from '../../oauth/parameters.ts';
import { LAST_DRAW } from '../../policy/draw.ts';
import { identifyClient } from '../identify-client.ts';
import { hintsOf } from '../message/message.ts';
import { readMessage } from '../message/read-message.ts';
import type { Progress } from '../run-steps.ts';
import type { TokenContext } from './token-context.ts';

const NONE = new Parameters([]);

export async function readTokenRequest(context: TokenContext): Promise<Progress> {
  const { exchange } = context;
  const message = await readMessage(exchange);
  context.message = message;
  context.parameters = message.body?.form.parameters ?? NONE;
  context.identity = parseClientIdentity(
    new Parameters(hintsOf(message)),
    exchange.request.headers.authorization,
  );
  context.named = identifyClient(exchange, message, context.identity.names, LAST_DRAW);
  context.grantType = context.parameters.get('grant_type');
  return undefined;
}
