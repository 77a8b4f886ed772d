import type { EndpointPaths } from '../config/config.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { toUpstreamFault } from './upstream-fault.ts';

/** What the gateway takes from an upstream's own metadata (OpenID Connect Discovery 3, RFC 8414 2). */
export type Discovered = {
  readonly endpoints: EndpointPaths;
  /** Whether it says that it knows PKCE (`code_challenge_methods_supported`). */
  readonly advertisesPkce: boolean;
};

/** OpenID Connect Discovery 4, RFC 8414 3. */
export const METADATA_PATHS = [
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
] as const;

const SIZE_LIMIT = 256 * 1024;

/** Reads the first metadata document that the upstream has. Throws a `DiscoveryFault` or an `UpstreamFault`. */
export async function discover(upstream: UpstreamClient, host: string): Promise<Discovered> {
  const problems: string[] = [];
  for (const path of METADATA_PATHS) {
    const { status, text } = await fetchText(upstream, path, host);
    if (status !== 200) {
      problems.push(`${path} answered ${status}`);
      continue;
    }
    const document = parseObject(text);
    const authorization = endpointPath(document?.['authorization_endpoint']);
    const token = endpointPath(document?.['token_endpoint']);
    if (document === undefined || authorization === undefined || token === undefined) {
      problems.push(`${path} names no authorization_endpoint and token_endpoint`);
      continue;
    }
    const pushed = endpointPath(document['pushed_authorization_request_endpoint']);
    const methods = document['code_challenge_methods_supported'];
    return {
      endpoints: {
        authorization: [authorization],
        token: [token],
        pushedAuthorization: pushed === undefined ? [] : [pushed],
        metadata: [...METADATA_PATHS],
      },
      advertisesPkce: Array.isArray(methods) && methods.length > 0,
    };
  }
  throw new DiscoveryFault(problems.join('; '));
}

async function fetchText(
  upstream: UpstreamClient,
  path: string,
  host: string,
): Promise<{ status: number; text: string }> {
  try {
    const { statusCode, body } = await upstream.pool.request({
      path,
      method: 'GET',
      headers: { host, accept: 'application/json' },
      servername: upstream.serverName,
    } as Parameters<typeof upstream.pool.request>[0]);
    if (statusCode !== 200) {
      await body.dump();
      return { status: statusCode, text: '' };
    }
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > SIZE_LIMIT) throw new DiscoveryFault(`${path} is larger than ${SIZE_LIMIT} bytes`);
      chunks.push(chunk);
    }
    return { status: statusCode, text: Buffer.concat(chunks).toString('utf8') };
  } catch (error) {
    if (error instanceof DiscoveryFault) throw error;
    throw toUpstreamFault(error as Error);
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function endpointPath(url: unknown): string | undefined {
  return typeof url === 'string' ? URL.parse(url)?.pathname : undefined;
}

/** The upstream is there but does not tell its endpoints: they have to be configured. */
export class DiscoveryFault extends Error {
  readonly code = 'discovery_fault';
  constructor(detail: string) {
    super(
      `no usable discovery document (${detail}); name the endpoints in the configuration instead of \`auto\``,
    );
    this.name = 'DiscoveryFault';
  }
}
