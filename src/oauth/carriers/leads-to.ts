import { goesTo } from '../redirect-uri.ts';
import type { Carrier } from './carrier.ts';

/** Shorter codes are words, such as `{"code":"SUCCESS"}`. */
const CODE_LENGTH = 16;

/** Whether an object or script brings a response without naming its place: it posts a message, or is the authorization endpoint's own response. */
export function needsNoPlace({ kind, codes }: Carrier, isAuthorizationAnswer: boolean): boolean {
  if (kind === 'web_message') return true;
  return kind === 'pair' && isAuthorizationAnswer && codes.every((code) => code.length >= CODE_LENGTH);
}

/**
 * Whether a carrier brings its response to this redirect_uri, strictly. `isAuthorizationAnswer`: it is in the authorization
 * endpoint's own response; `responseMode`: that of the flow.
 */
export function leadsTo(
  carrier: Carrier,
  redirectUri: string,
  context: { readonly isAuthorizationAnswer: boolean; readonly responseMode: string | undefined },
): boolean {
  const { kind, target, places } = carrier;
  if (kind === 'web_message') {
    const origin = URL.parse(redirectUri)?.origin;
    if (context.responseMode === 'web_message') return true;
    return origin !== undefined && origin !== 'null' && places.some((place) => place.origin === origin);
  }
  if (kind !== 'pair') return goesTo(target, redirectUri);
  return (
    needsNoPlace(carrier, context.isAuthorizationAnswer) || places.some((place) => goesTo(place, redirectUri))
  );
}

/** The target of a carrier that leads to a flow's redirect_uri. A pair has no target of its own, but names URLs. */
export function targetFor({ kind, target }: Carrier, redirectUri: string | undefined): URL | undefined {
  if (kind !== 'pair' && kind !== 'web_message') return target;
  return redirectUri === undefined ? undefined : (URL.parse(redirectUri) ?? undefined);
}
