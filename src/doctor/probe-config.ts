import type { Config, IssuerConfig } from '../config/config.ts';
import { type Finding, ok, problem, warn } from './finding.ts';
import { isLoopback } from './loopback.ts';

/** Valid settings that are probably a mistake. */
export function probeConfig({ listen, admin, issuers }: Config): Finding[] {
  const https = listen.tls !== undefined;
  const behindTls = issuers.filter(({ publicOrigin }) => publicOrigin?.startsWith('https:') === true);
  const findings: Finding[] = [];
  const { host } = admin.address;
  const tried = `admin: ${host}`;
  if (isLoopback(host)) findings.push(ok(tried, 'this machine only'));
  else
    findings.push(
      warn(
        tried,
        'everybody who can reach that address can read it',
        'block public access to it in the network',
      ),
    );
  if (!https && behindTls.length > 0 && listen.trustedProxies.length === 0) {
    const seen =
      'the gateway speaks http, clients use https, and no proxy is trusted: every client appears under the address of the proxy';
    findings.push(warn('listen', seen, 'list the proxies that terminate TLS under `listen.trusted_proxies`'));
  } else if (
    !https &&
    issuers.every(({ publicOrigin }) => publicOrigin === undefined) &&
    listen.trustedProxies.length === 0
  ) {
    const advice =
      'before clients use it, set `listen.tls`, or put a proxy that terminates TLS in front (`public_url`, `listen.trusted_proxies`)';
    findings.push(warn('listen', 'http only', advice));
  } else findings.push(ok('listen', https ? 'https' : 'http, behind a proxy'));
  return findings;
}

/** The same for one issuer. */
export function probeIssuerConfig({ upstream, publicOrigin }: IssuerConfig): Finding[] {
  const findings: Finding[] = [];
  if (publicOrigin === upstream.origin) {
    const advice = 'give the upstream a different address, which clients cannot reach';
    findings.push(
      problem('public_url', 'is the same as `upstream.url`: the gateway would call itself', advice),
    );
  }
  if (publicOrigin?.startsWith('http:') && !isLoopback(new URL(publicOrigin).hostname)) {
    findings.push(warn('public_url', 'http: codes and tokens cross the network unencrypted', 'use https'));
  }
  return findings;
}
