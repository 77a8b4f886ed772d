import type { ClientIdentity } from '../../oauth/client-identity.ts';
import type { Parameters } from '../../oauth/parameters.ts';
import type { Binding, KnownClaim } from '../../store/flow-store.ts';
import type { Exchange } from '../exchange.ts';
import type { IdentifiedClient } from '../identify-client.ts';
import type { Message } from '../message/message.ts';
import type { ClaimedCode } from './claimed-code.ts';

/** A token request in hand. Each step sets what it finds out, and those behind it rely on that. */
export class TokenContext {
  readonly exchange: Exchange;

  /** Set by `readTokenRequest`. */
  message!: Message;
  /** Those of the body. */
  parameters!: Parameters;
  identity!: ClientIdentity;
  /** The client that the request names. */
  named!: IdentifiedClient;
  grantType: string | undefined;

  /** Set by `claimCode`, where the code is known. */
  claim!: KnownClaim;
  /** The client whose code it is, in the strictest mode of all concerned. */
  owner!: IdentifiedClient;
  claimed!: ClaimedCode;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  get binding(): Binding {
    return this.claim.binding;
  }
}
