import type { IssuerConfig } from '../config/config.ts';
import { discoveryHost } from '../issuer/issuer.ts';
import type { Discovered } from '../upstream/discovery.ts';
import { type FetchedDocument, fetchDocument } from '../upstream/fetch-document.ts';
import type { UpstreamClient } from '../upstream/upstream-client.ts';

export type ExaminedUpstream = {
  readonly config: IssuerConfig;
  readonly client: UpstreamClient;
  /** `undefined`: it has no discovery document. */
  readonly discovered: Discovered | undefined;
  /** The server's own origins according to its discovery document. */
  readonly namedOrigins: readonly string[];
};

/** The endpoints of the code flow to probe: as configured, else as discovered; `undefined`: the path is not known. */
export function endpointPath(
  { config, discovered }: ExaminedUpstream,
  endpoint: 'authorization' | 'token',
): string | undefined {
  const paths = config.endpoints === 'auto' ? discovered?.endpoints[endpoint] : config.endpoints[endpoint];
  // A path with a placeholder cannot be probed.
  return paths?.find((path) => !path.includes('{'));
}

/**
 * Whether a URL in a response of the server leads to the gateway: the gateway replaces the server's own origins. The server is
 * asked under the public host, and may write either scheme before it.
 */
export function leadsToGateway(config: IssuerConfig, { origin, host }: URL): boolean {
  const { upstream, publicOrigin } = config;
  return (
    [upstream.origin, ...upstream.origins, publicOrigin].includes(origin) || host === discoveryHost(config)
  );
}

/** Whether it gets S256 challenges and their verifiers. */
export function forwardsPkce({ forwardPkce }: IssuerConfig): boolean {
  return forwardPkce === 'always';
}

/** A GET, or with `form` a POST. Empty headers are not sent. */
type Question = {
  readonly form?: URLSearchParams;
  readonly cookie?: string;
  readonly authorization?: string;
};

/** Sends one request to it under the public host. Throws an `UpstreamFault`. */
export function ask(
  { config, client }: ExaminedUpstream,
  path: string,
  { form, cookie, authorization }: Question = {},
): Promise<FetchedDocument> {
  const headers = ['Host', discoveryHost(config), 'Accept', '*/*', 'Accept-Encoding', 'identity'];
  if (cookie) headers.push('Cookie', cookie);
  if (authorization) headers.push('Authorization', authorization);
  if (form === undefined) return fetchDocument(client, path, headers);
  headers.push('Content-Type', 'application/x-www-form-urlencoded');
  return fetchDocument(client, path, headers, { method: 'POST', body: form.toString() });
}
