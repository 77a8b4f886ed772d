import type { Config, IssuerConfig } from '../config/config.ts';
import { type Finding, ok, problem, warn } from './finding.ts';
import { isLoopback } from './loopback.ts';

/** What is valid in a configuration, and yet hardly meant. */
export function probeConfig({ listen, admin, issuers }: Config): Finding[] {
  const https = listen.tls !== undefined;
  const behindTls = issuers.filter(({ publicOrigin }) => publicOrigin?.startsWith('https:') === true);
  const findings: Finding[] = [];
  const { host } = admin.address;
  const tried = `admin: ${host}`;
  if (isLoopback(host)) findings.push(ok(tried, 'this machine only'));
  else
    findings.push(
      warn(tried, 'whoever reaches that address can read it', 'keep it from the public, in the network'),
    );
  if (!https && behindTls.length > 0 && listen.trustedProxies.length === 0) {
    const seen =
      'http here, https outside, and no proxy is trusted: every client has the address of the proxy';
    findings.push(warn('listen', seen, 'name the proxies that end TLS under `listen.trusted_proxies`'));
  } else if (
    !https &&
    issuers.every(({ publicOrigin }) => publicOrigin === undefined) &&
    listen.trustedProxies.length === 0
  ) {
    const advice =
      '`listen.tls`, or a proxy that ends TLS (`public_url`, `listen.trusted_proxies`), before clients come';
    findings.push(warn('listen', 'http only', advice));
  } else findings.push(ok('listen', https ? 'https' : 'http, behind a proxy'));
  return findings;
}

/** The same of one issuer. */
export function probeIssuerConfig({ upstream, publicOrigin }: IssuerConfig): Finding[] {
  const findings: Finding[] = [];
  if (publicOrigin === upstream.origin) {
    const advice = 'the upstream needs an address of its own, which clients cannot reach';
    findings.push(problem('public_url', 'is that of the upstream: the gateway would call itself', advice));
  }
  if (publicOrigin?.startsWith('http:') && !isLoopback(new URL(publicOrigin).hostname)) {
    findings.push(warn('public_url', 'http: codes and tokens cross the network in clear', 'use https'));
  }
  return findings;
}
