import { mergeRequest } from '../../oauth/in-place.ts';
import { parseFlowPrefix } from '../../store/flow-prefix.ts';
import { bodyParametersOf, type Message } from '../message/message.ts';
import { readMessage } from '../message/read-message.ts';
import type { AuthorizationContext } from './authorization-context.ts';

/** Reads query and body as one request: servers show login and consent in place, and their forms post to the current address. */
export function readRequest(context: AuthorizationContext): undefined | Promise<undefined> {
  const message = readMessage(context.exchange);
  if (message instanceof Promise) return message.then((read) => takeMessage(context, read));
  return takeMessage(context, message);
}

function takeMessage(context: AuthorizationContext, message: Message): undefined {
  const { key } = context.exchange.group;
  context.message = message;
  context.merged = mergeRequest(message.query.parameters, bodyParametersOf(message), (state) => {
    const parsed = parseFlowPrefix(key, state);
    return parsed && (parsed.clientState ?? '');
  });
  const state = context.merged.parameters.get('state');
  context.prefix = state === undefined ? undefined : parseFlowPrefix(key, state);
}
