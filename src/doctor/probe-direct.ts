import type { IssuerConfig } from '../config/config.ts';
import { createUpstreamClient } from '../upstream/upstream-client.ts';
import { UpstreamFault } from '../upstream/upstream-fault.ts';
import { ask, type ExaminedUpstream, endpointPath } from './examined-upstream.ts';
import { about, type Finding } from './finding.ts';
import { isTokenRefusal, madeUpRedemption, summarize } from './probe-token-endpoint.ts';

/** Whether a token endpoint answers at a URL by which clients could bypass the gateway, as seen from this machine. */
export async function probeDirect(upstream: ExaminedUpstream, direct: URL): Promise<Finding> {
  const path = direct.pathname === '/' ? endpointPath(upstream, 'token') : direct.pathname;
  const { ok, problem, unknown, warn } = about(`bypass of the gateway: ${direct.origin}`);
  if (path === undefined)
    return unknown('the path of the token endpoint is not known', 'give it: --direct ORIGIN/PATH');
  const around: IssuerConfig = {
    ...upstream.config,
    publicOrigin: undefined,
    hosts: [],
    upstream: {
      ...upstream.config.upstream,
      origin: direct.origin,
      preserveHost: false,
      // An attacker who bypasses the gateway need not check certificates, and nothing secret is sent.
      tls: { ca: undefined, cert: undefined, key: undefined, insecureSkipVerify: true },
    },
  };
  await using client = createUpstreamClient(around.upstream);
  try {
    const answer = await ask({ ...upstream, config: around, client }, path, { form: madeUpRedemption() });
    const seen = `${summarize(answer)} at ${path}`;
    if (answer.status < 300 || isTokenRefusal(answer)) {
      return problem(
        seen,
        'a token endpoint answers: block this path in the network for everybody but the gateway',
      );
    }
    if (answer.status >= 500)
      return warn(seen, 'a server answers: make sure that it is not a token endpoint');
    return ok(`${seen}: no token endpoint`);
  } catch (error) {
    if (!(error instanceof UpstreamFault)) throw error;
    return ok(`${error.message}: not reachable from this machine`);
  }
}
