import type { OneRequest } from '../../oauth/in-place.ts';
import type { Reason } from '../../policy/reason.ts';
import type { ParsedFlowPrefix } from '../../store/flow-prefix.ts';
import type { Exchange } from '../exchange.ts';
import type { IdentifiedClient } from '../identify-client.ts';
import type { JudgedRequest } from '../judge-request.ts';
import type { Message } from '../message/message.ts';

/** An authorization request, or a pushed one, in hand. Each step sets what it finds out, and those behind it rely on that. */
export class AuthorizationContext {
  readonly exchange: Exchange;
  readonly endpoint: 'authorization' | 'pushed_authorization';

  /** Set by `readRequest`. */
  message!: Message;
  /** Query and body as one request. */
  merged!: OneRequest;
  /** The flow prefix that its state begins with, live or not. */
  prefix: ParsedFlowPrefix | undefined;

  /** Set by `identify`. */
  client!: IdentifiedClient;
  /** What the upstream will read, the client's own state in it. */
  judged!: JudgedRequest;

  /** What was wrong and report lets pass: it is counted once. */
  violation: Reason | undefined;
  /** Set by `startFlow`: goes in front of the client's state on its way upstream. */
  statePrefix: string | undefined;
  /** Settles when the flow is saved: nothing of the response may leave before. */
  saved: Promise<void> | undefined;

  constructor(exchange: Exchange, endpoint: AuthorizationContext['endpoint']) {
    this.exchange = exchange;
    this.endpoint = endpoint;
  }
}
