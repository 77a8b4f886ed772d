import type { ClientIdentity } from '../../oauth/client-identity.ts';
import type { Parameters } from '../../oauth/parameters.ts';
import type { Binding, KnownClaim } from '../../store/flow-store.ts';
import type { Exchange } from '../exchange.ts';
import type { IdentifiedClient } from '../identify-client.ts';
import type { Message } from '../message/message.ts';
import type { ClaimedCode } from './claimed-code.ts';

/** The state of a token request. Each step sets its results for the steps after it. */
export class TokenContext {
  readonly exchange: Exchange;

  /** Set by `readTokenRequest`. */
  message!: Message;
  /** The parameters of the body. */
  parameters!: Parameters;
  identity!: ClientIdentity;
  /** The client that the request names. */
  named!: IdentifiedClient;
  grantType: string | undefined;

  /** Set by `claimCode` if the code is known. */
  claim!: KnownClaim;
  /** The client of the code, in the strictest mode that applies. */
  owner!: IdentifiedClient;
  claimed!: ClaimedCode;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  get binding(): Binding {
    return this.claim.binding;
  }
}
