import type { OneRequest } from '../../oauth/in-place.ts';
import type { Reason } from '../../policy/reason.ts';
import type { ParsedFlowPrefix } from '../../store/flow-prefix.ts';
import type { Exchange } from '../exchange.ts';
import type { IdentifiedClient } from '../identify-client.ts';
import type { JudgedRequest } from '../judge-request.ts';
import type { Message } from '../message/message.ts';

/** The state of an authorization request or a pushed one. Each step sets its results for the steps after it. */
export class AuthorizationContext {
  readonly exchange: Exchange;

  /** Set by `readRequest`. */
  message!: Message;
  /** Query and body as one request. */
  merged!: OneRequest;
  /** The flow prefix that its state begins with, live or not. */
  prefix: ParsedFlowPrefix | undefined;

  /** Set by `identify`. */
  client!: IdentifiedClient;
  /** The request as the upstream will read it, with the client's own state. */
  judged!: JudgedRequest;

  /** The violation that report lets pass: it is counted once. */
  violation: Reason | undefined;
  /** Set by `startFlow` for a flow with a prefix. Settles when it is saved: no part of the response may be sent before. */
  saved: Promise<void> | undefined;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  get isPushed(): boolean {
    return this.exchange.endpoint === 'pushed_authorization';
  }
}
