import type { IssuerConfig } from '../config/config.ts';
import { describeFault } from '../upstream/describe-fault.ts';
import { createUpstreamClient } from '../upstream/upstream-client.ts';
import { UpstreamFault } from '../upstream/upstream-fault.ts';
import { ask, type ExaminedUpstream, endpointPath } from './examined-upstream.ts';
import { type Finding, ok, problem, unknown, warn } from './finding.ts';
import { madeUpRedemption, summarize } from './probe-token-endpoint.ts';

/** Whether a token endpoint answers at a URL where clients could go around the gateway: from where the doctor stands. */
export async function probeDirect(upstream: ExaminedUpstream, direct: URL): Promise<Finding> {
  const path = direct.pathname === '/' ? endpointPath(upstream, 'token') : direct.pathname;
  const tried = `around the gateway: ${direct.origin}`;
  if (path === undefined)
    return unknown(tried, 'the path of the token endpoint is not known', 'give it: --direct ORIGIN/PATH');
  const around: IssuerConfig = {
    ...upstream.config,
    publicOrigin: undefined,
    hosts: [],
    upstream: {
      ...upstream.config.upstream,
      origin: direct.origin,
      preserveHost: false,
      // Whoever goes around can do without a certificate; nothing secret is sent.
      tls: { ca: undefined, cert: undefined, key: undefined, insecureSkipVerify: true },
    },
  };
  await using client = createUpstreamClient(around.upstream);
  try {
    const answer = await ask({ ...upstream, config: around, client }, path, { form: madeUpRedemption() });
    const seen = `${summarize(answer)} at ${path}`;
    if (answer.status < 300 || answer.status === 400 || answer.status === 401) {
      return problem(
        tried,
        seen,
        'a token endpoint answers: close that way in the network, for all but the gateway',
      );
    }
    if (answer.status >= 500)
      return warn(tried, seen, 'something answers: make sure that it is no token endpoint');
    return ok(tried, `${seen}: no token endpoint`);
  } catch (error) {
    if (!(error instanceof UpstreamFault)) throw error;
    return ok(tried, `${describeFault(error)}: closed, from here`);
  }
}
