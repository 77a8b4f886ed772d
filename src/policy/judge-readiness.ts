import type { Mode } from './mode.ts';
import { REASONS, type Reason } from './reason.ts';

/** Days without a violation, today among them, after which a client may be ready. */
export const CLEAN_DAYS = 7;
/** The least share of its codes that comes back through the gateway. One code may always be under way. */
export const REDEEMED_SHARE = 0.9;
/** Reasons that a verdict explains. */
const EXPLAINED = 2;

/** What one client did, on one day or over some. */
export type Traffic = {
  readonly requests: number;
  readonly codesBound: number;
  /** Redeemed through the gateway with success: with the right verifier, or without. */
  readonly verified: number;
  readonly unverified: number;
  readonly violations: ReadonlyMap<string, number>;
};

export type Verdict =
  | { readonly state: 'ready' | 'no traffic' }
  | { readonly state: 'not ready'; readonly why: string };

/** `ready`, `no traffic`, `not ready: <why>` */
export function verdictText(verdict: Verdict): string {
  return verdict.state === 'not ready' ? `not ready: ${verdict.why}` : verdict.state;
}

/**
 * Whether a client can be enforced without breaking it. `days`: what it did on each day of the period, the oldest first,
 * today last. Ready is who has logged in, with codes that came back through the gateway, and has not broken its policy for a
 * week; what it did before it last broke it is no evidence.
 */
export function judgeReadiness(days: readonly Traffic[], mode: Mode, enforcePercent = 100): Verdict {
  if (mode === 'off') return notReady('its mode is `off`, so that nobody looks: set `mode: report` first');
  if (days.every(isIdle)) return { state: 'no traffic' };
  const lastBroken = days.findLastIndex(({ violations }) => violations.size > 0);
  const cleanDays = days.length - 1 - lastBroken;
  if (lastBroken >= 0 && cleanDays < CLEAN_DAYS)
    return notReady(explainViolations(days, mode, enforcePercent));

  const { requests, codesBound, verified, unverified } = sum(days.slice(lastBroken + 1));
  const redeemed = verified + unverified;
  const since = lastBroken < 0 ? '' : ' since it last broke its policy';
  if (requests + codesBound + redeemed === 0) return notReady(`no login${since}: wait for one`);
  if (codesBound === 0) return notReady(`no login has got its code${since}: try one`);
  const tolerated = redeemed > 0 && codesBound - redeemed === 1;
  if (redeemed < codesBound * REDEEMED_SHARE && !tolerated) {
    return notReady(
      `only ${redeemed} of ${codesBound} codes were redeemed through the gateway${since}: ` +
        'the rest reached the token endpoint another way, or were given up; point the client, or its backend, at the gateway',
    );
  }
  return { state: 'ready' };
}

function explainViolations(days: readonly Traffic[], mode: Mode, enforcePercent: number): string {
  const recent = sum(days.slice(-CLEAN_DAYS));
  const reasons = [...recent.violations].sort(([, one], [, other]) => other - one);
  const total = reasons.reduce((all, [, number]) => all + number, 0);
  const explained = reasons
    .slice(0, EXPLAINED)
    .map(([reason, number]) => `${reason} ×${number} (${REASONS[reason as Reason]?.advice ?? 'see the log'})`);
  const others = reasons.length > EXPLAINED ? [`${reasons.length - EXPLAINED} more`] : [];
  const refused =
    mode !== 'enforce'
      ? 'would have been refused'
      : enforcePercent === 100
        ? 'refused'
        : 'refused or reported';
  const what = `${total} ${total === 1 ? 'request' : 'requests'} ${refused}`;
  // Anybody can send requests in the name of a client, but only its users get through a login.
  const elsewhere =
    recent.verified > 0 && recent.unverified === 0
      ? '. Every login that was completed was verified, so these may be attempts by others: see the log'
      : '';
  return `${what} in the last ${CLEAN_DAYS} days: ${[...explained, ...others].join(', ')}${elsewhere}`;
}

function isIdle({ requests, codesBound, verified, unverified, violations }: Traffic): boolean {
  return requests + codesBound + verified + unverified + violations.size === 0;
}

function sum(days: readonly Traffic[]): Traffic {
  const violations = new Map<string, number>();
  const total = { requests: 0, codesBound: 0, verified: 0, unverified: 0 };
  for (const day of days) {
    total.requests += day.requests;
    total.codesBound += day.codesBound;
    total.verified += day.verified;
    total.unverified += day.unverified;
    for (const [reason, number] of day.violations)
      violations.set(reason, (violations.get(reason) ?? 0) + number);
  }
  return { ...total, violations };
}

function notReady(why: string): Verdict {
  return { state: 'not ready', why };
}
