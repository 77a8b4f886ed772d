import { LAST_DRAW } from '../../policy/draw.ts';
import { identifyByCredentials } from '../identify-client.ts';
import { bodyParametersOf } from '../message/message.ts';
import { readMessage } from '../message/read-message.ts';
import type { Progress } from '../run-steps.ts';
import type { TokenContext } from './token-context.ts';

export async function readTokenRequest(context: TokenContext): Promise<Progress> {
  const { exchange } = context;
  const message = await readMessage(exchange);
  context.message = message;
  context.parameters = bodyParametersOf(message);
  const { identity, client } = identifyByCredentials(exchange, message, LAST_DRAW);
  context.identity = identity;
  context.named = client;
  context.grantType = context.parameters.get('grant_type');
  return undefined;
}
