import { goesTo } from '../oauth/redirect-uri.ts';
import type { Flow } from '../store/flow-store.ts';
import { type ClientPolicy, effectiveMode, isPattern, LAST_DRAW } from './client-policy.ts';
import type { Reason } from './reason.ts';

/** A client that lists a redirect_uri. */
export type Owner = { readonly issuer: string; readonly policy: ClientPolicy };

/** The target of a code. */
export type Target = {
  readonly url: URL;
  /** A loopback address: it has no owner. */
  readonly isLoopback: boolean;
  /** The clients that list this place, compared loosely. */
  readonly owners: readonly Owner[];
  /** Whether the carrier is a redirect, the only carrier whose target is certain without a redirect_uri. */
  readonly byRedirect: boolean;
};

/** The first owner, if all owners of the place are enforced: then only their codes may go there. */
export function enforcedOwner({ owners, isLoopback }: Target, now: number): Owner | undefined {
  if (isLoopback || owners.length === 0) return undefined;
  const enforced = owners.every(({ policy }) => effectiveMode(policy, now, LAST_DRAW) === 'enforce');
  return enforced ? owners[0] : undefined;
}

/** The rule that a code on its way to a target breaks, and the policy that judges it. */
export type TargetVerdict = { readonly reason: Reason; readonly owner: Owner | undefined } | undefined;

/**
 * Whether a flow may take its code to a target. The place decides first, compared loosely, so that no spelling of it is laxer;
 * then the flow's own redirect_uri, compared strictly.
 */
export function decideTarget(flow: Flow, policy: ClientPolicy, target: Target, now: number): TargetVerdict {
  const owner = enforcedOwner(target, now);
  if (owner !== undefined && !mayUsePlace(flow, policy, target)) return { reason: 'flow_unknown', owner };
  const allowed =
    flow.redirectUri === undefined
      ? isPickedPlace(flow, policy, target)
      : goesTo(target.url, flow.redirectUri);
  return allowed ? undefined : { reason: 'redirect_target_mismatch', owner: undefined };
}

/**
 * An enforced flow of an owner; or a flow that the listed client itself, or one of a pattern, began in report, by its mode or its
 * draw. An id that equals a listed one only after folding has that client's policy, but another name.
 */
function mayUsePlace(flow: Flow, policy: ClientPolicy, { owners }: Target): boolean {
  if (!owners.some((owner) => owner.policy === policy)) return false;
  return flow.mode === 'enforce' || flow.clientId === policy.name || isPattern(policy.name);
}

/** Without a redirect_uri in the request, the server picks one that it has registered (RFC 6749 3.1.2.3). */
function isPickedPlace(flow: Flow, { redirectUris }: ClientPolicy, { url, byRedirect }: Target): boolean {
  if (redirectUris === undefined) return byRedirect;
  return flow.mode === 'report' || redirectUris.some((uri) => goesTo(url, uri));
}
