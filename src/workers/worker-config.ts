import type { Config } from '../config/config.ts';

/** The configuration for one of several workers: limits are divided among them. */
export function workerConfig(config: Config, { workers, port }: { workers: number; port: number }): Config {
  const share = (limit: number) => Math.ceil(limit / workers);
  const { listen, issuers } = config;
  return {
    ...config,
    listen: {
      ...listen,
      address: { ...listen.address, port },
      limits: { ...listen.limits, connections: share(listen.limits.connections) },
    },
    issuers: issuers.map((issuer) => ({
      ...issuer,
      upstream: { ...issuer.upstream, connections: share(issuer.upstream.connections) },
    })),
  };
}
