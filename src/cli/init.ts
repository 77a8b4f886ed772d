import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseConfig } from '../config/load.ts';
import { configFromUpstream, type UpstreamOptions } from '../config/upstream-config.ts';
import { DiscoveryFault, type FoundMetadata, findMetadata, METADATA_PATHS } from '../upstream/discovery.ts';
import { createUpstreamClient, type UpstreamClient } from '../upstream/upstream-client.ts';
import { UpstreamFault } from '../upstream/upstream-fault.ts';
import { PACKAGE } from '../version.ts';
import { printDiagnostics } from './command-io.ts';
import { type AnsweredHosts, type InitFacts, renderInitFile } from './init-file.ts';
import { type Command, UsageError } from './options.ts';
import { readUpstreamOptions } from './upstream-options.ts';

/** Milliseconds. Short, because a person waits at a terminal. */
const TIMEOUTS = { connect: 5_000, response: 10_000 };

/**
 * `pkce-gateway init`: a gateway.yaml made from the upstream's discovery document. Without one it is a
 * template that `check` refuses until its endpoints are filled in, and the exit status is 1.
 */
export const INIT: Command = {
  options: {
    upstream: { value: 'URL', help: 'the authorization server: its origin, or its issuer identifier' },
    'public-url': { value: 'URL', help: 'the origin that clients will use' },
    listen: { value: 'HOST:PORT', help: 'the public address (default: 0.0.0.0:8080)' },
    admin: { value: 'HOST:PORT', help: 'the admin address (default: 127.0.0.1:9090)' },
    redis: { value: 'URL', help: 'keep flows in Redis instead of memory' },
    ca: { value: 'FILE', help: "the authority of the server's certificate, as PEM" },
  },
  async run(options, io) {
    const given = readUpstreamOptions(options);
    if (given === undefined) throw new UsageError('--upstream is required');
    const { upstream: origin, discovery = [], publicUrl = 'http://localhost:8080' } = given;
    const loaded = await configFromUpstream(given);
    const issuer = loaded.ok ? loaded.config.issuers[0] : undefined;
    if (!loaded.ok || issuer === undefined) {
      printDiagnostics(loaded, io);
      return 2;
    }
    await using upstream = createUpstreamClient({ ...issuer.upstream, timeouts: TIMEOUTS });
    let facts: InitFacts = {
      ...given,
      schema: schemaPath(),
      named: options['upstream'] ?? origin,
      found: undefined,
    };
    try {
      const { found, hosts } = await findForClients(upstream, new URL(publicUrl).host, discovery);
      facts = { ...facts, found, hosts, atRoot: METADATA_PATHS.some((path) => path === found.path) };
    } catch (error) {
      if (error instanceof UpstreamFault) {
        io.stderr(`init: ${origin}: ${error.message}`);
        io.stderr(`pkce-gateway doctor --upstream ${facts.named} examines it further.`);
        return 1;
      }
      if (!(error instanceof DiscoveryFault)) throw error;
      io.stderr(`init: ${origin} has no discovery document at any of the usual paths:`);
      for (const problem of error.problems) io.stderr(`  ${problem}`);
      io.stderr(
        `If it has one elsewhere, give its issuer identifier as --upstream (${origin} for one at the root).${publicHostHint(given)} Otherwise fill in \`endpoints\`.`,
      );
    }
    const yaml = renderInitFile(facts);
    // Otherwise it is a template, whose endpoints must be filled in first.
    if (facts.found !== undefined) {
      const env = { REDIS_PASSWORD: 'any', ...io.env };
      const checked = await parseConfig(yaml, 'gateway.yaml', { env });
      if (!checked.ok) {
        io.stderr('init: the metadata of the upstream does not result in a valid configuration:');
        printDiagnostics({ ...checked, warnings: [] }, io);
        return 1;
      }
    }
    io.stdout(yaml);
    return facts.found === undefined ? 1 : 0;
  },
};

/** The schema of this very program: relative where it is installed below the working directory. */
function schemaPath(): string {
  const file = fileURLToPath(new URL('config/gateway.schema.json', PACKAGE));
  const near = relative('.', file);
  return near.startsWith('..') ? file : `./${near}`;
}

/** Apereo CAS has metadata only under the host name of its clients. */
function publicHostHint({ publicUrl }: UpstreamOptions): string {
  return publicUrl === undefined
    ? ' If it answers only under the host name that clients use, add --public-url with that name.'
    : '';
}

/** The metadata under the upstream's own name, or else under the one that clients use. */
async function findForClients(
  upstream: UpstreamClient,
  host: string,
  discovery: readonly string[],
): Promise<{ found: FoundMetadata; hosts: AnsweredHosts }> {
  try {
    const found = await findMetadata(upstream, upstream.authority, discovery);
    return { found, hosts: (await answersUnder(upstream, host, found)) ? 'any' : 'own' };
  } catch (error) {
    if (!(error instanceof DiscoveryFault)) throw error;
    const found = await findMetadata(upstream, host, discovery).catch(() => {
      throw error;
    });
    return { found, hosts: 'public' };
  }
}

/** Whether the upstream also serves its metadata under a different host: then it can receive the Host header of clients. */
async function answersUnder(
  upstream: UpstreamClient,
  host: string,
  { path, discovered }: FoundMetadata,
): Promise<boolean> {
  try {
    const other = await findMetadata(upstream, host, [path]);
    return other.path === path && other.discovered.endpoints.token[0] === discovered.endpoints.token[0];
  } catch (error) {
    if (error instanceof UpstreamFault || error instanceof DiscoveryFault) return false;
    throw error;
  }
}
