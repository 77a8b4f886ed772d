import type { Config, IssuerConfig } from '../config/config.ts';
import { isLoopbackHost } from '../oauth/redirect-uri.ts';
import { about, type Finding } from './finding.ts';

/** Valid settings that are probably a mistake. */
export function probeConfig({ listen, admin, issuers }: Config): Finding[] {
  return [judgeAdmin(admin), judgeListener(listen, issuers)];
}

function judgeAdmin({ address, token }: Config['admin']): Finding {
  const { ok, warn } = about(`admin: ${address.host}`);
  if (isLoopbackHost(address.host)) return ok('this machine only');
  if (token !== undefined) return ok('asks for `admin.token`');
  const advice = 'set `admin.token`, or block public access to it in the network';
  return warn('everybody who can reach that address can read it', advice);
}

function judgeListener({ tls, trustedProxies }: Config['listen'], issuers: Config['issuers']): Finding {
  const { ok, warn } = about('listen');
  if (tls !== undefined) return ok('https');
  if (trustedProxies.length === 0 && issuers.some(({ publicOrigin }) => publicOrigin?.startsWith('https:'))) {
    const seen =
      'the gateway speaks http, clients use https, and no proxy is trusted: every client appears under the address of the proxy';
    return warn(seen, 'list the proxies that terminate TLS under `listen.trusted_proxies`');
  }
  if (trustedProxies.length === 0 && issuers.every(({ publicOrigin }) => publicOrigin === undefined)) {
    const advice =
      'before clients use it, set `listen.tls`, or put a proxy that terminates TLS in front (`public_url`, `listen.trusted_proxies`)';
    return warn('http only', advice);
  }
  return ok('http, behind a proxy');
}

export function probeIssuerConfig({ upstream, publicOrigin }: IssuerConfig): Finding[] {
  const { problem, warn } = about('public_url');
  const findings: Finding[] = [];
  if (publicOrigin === upstream.origin) {
    const advice = 'give the upstream a different address, which clients cannot reach';
    findings.push(problem('is the same as `upstream.url`: the gateway would call itself', advice));
  }
  if (publicOrigin?.startsWith('http:') && !isLoopbackHost(new URL(publicOrigin).hostname))
    findings.push(warn('http: codes and tokens cross the network unencrypted', 'use https'));
  return findings;
}
