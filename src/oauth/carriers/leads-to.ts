import { goesTo } from '../redirect-uri.ts';
import type { Carrier } from './carrier.ts';

/** Shorter codes are words, such as `{"code":"SUCCESS"}`. */
const CODE_LENGTH = 16;

/** Context of an object or script with a code. */
export type CarrierContext = {
  /** Whether it is in the authorization endpoint's own response. */
  readonly isAuthorizationAnswer: boolean;
  /** The flow's response_mode. */
  readonly responseMode: string | undefined;
};

/** Whether a carrier brings its response to this redirect_uri, strictly. */
export function leadsTo(carrier: Carrier, redirectUri: string, context: CarrierContext): boolean {
  const { kind, target, places, codes } = carrier;
  switch (kind) {
    case 'web_message': {
      const origin = URL.parse(redirectUri)?.origin;
      if (context.responseMode === 'web_message') return true;
      return origin !== undefined && origin !== 'null' && places.some((place) => place.origin === origin);
    }
    case 'pair':
      return (
        places.some((place) => goesTo(place, redirectUri)) ||
        (context.isAuthorizationAnswer && codes.every((code) => code.length >= CODE_LENGTH))
      );
    case 'location':
    case 'refresh':
    case 'link':
    case 'cookie':
    case 'form':
    case 'url':
      return goesTo(target, redirectUri);
  }
}

/** The target of a carrier that leads to a flow's redirect_uri. A pair has no target of its own, but names URLs. */
export function targetFor({ kind, target }: Carrier, redirectUri: string | undefined): URL | undefined {
  if (kind !== 'pair' && kind !== 'web_message') return target;
  return redirectUri === undefined ? undefined : (URL.parse(redirectUri) ?? undefined);
}
