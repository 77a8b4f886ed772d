import { z } from 'zod';
import { host } from './address.ts';
import { parseClientId } from './client-id.ts';
import { duration } from './duration.ts';
import { endpointPattern, literalPath } from './endpoint-pattern.ts';
import { parseErrorPage } from './error-page.ts';
import { httpOrigin } from './origin.ts';
import { droppedParameter } from './parameter-name.ts';
import { pathPrefix } from './path-prefix.ts';
import { policySchema, unlistedPolicySchema } from './policy.ts';
import { choice, file, flag, integer, mapping, section, textAs } from './scalars.ts';
import { size } from './size.ts';
import { clientTls } from './tls-files.ts';

const name = textAs(
  (text) =>
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(text)
      ? { value: text }
      : { problem: 'must be 1 to 63 letters, digits and . _ -, the first a letter or digit' },
  { pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$' },
);

const upstreamSchema = mapping({
  url: httpOrigin().describe('Scheme, host and port of the upstream.'),
  preserve_host: flag()
    .prefault(true)
    .describe("Send the Host header of the request to the upstream; `false`: send the upstream's own host."),
  origins: z
    .array(httpOrigin())
    .prefault([])
    .describe(
      'Further origins that the server uses for itself. The gateway replaces them with the public URL in `Location`, `Refresh` and cookie domains.',
    ),
  tls: clientTls({
    insecure_skip_verify: flag()
      .prefault(false)
      .describe(
        'Accept any certificate: anybody between the gateway and the upstream can then read every code and secret. Never in production.',
      ),
  })
    .optional()
    .describe('For an https upstream: PEM files.'),
  timeouts: section({
    connect: duration('10ms', '5m').prefault('2s').describe('To open a connection, TLS included.'),
    response: duration('10ms', '1h')
      .prefault('30s')
      .describe(
        'From the complete request to the headers of the response, including the time to wait for a connection. It is also the longest pause in a body that the gateway buffers.',
      ),
  })
    .prefault({})
    .describe('How long the upstream may take.'),
  connections: integer(1, 10_000)
    .prefault(128)
    .describe(
      'The most connections to this upstream, WebSockets included. A quarter of them is kept for the authorization, pushed authorization and token endpoints.',
    ),
});

const endpointPathsSchema = mapping({
  authorization: z.array(endpointPattern()).min(1).describe('Authorization endpoints.'),
  token: z.array(endpointPattern()).min(1).describe('Token endpoints.'),
  pushed_authorization: z
    .array(endpointPattern())
    .prefault([])
    .describe(
      'Pushed authorization request endpoints (RFC 9126). The gateway does not recognise a `request_uri` from any other path.',
    ),
  metadata: z
    .array(endpointPattern())
    .prefault(['/.well-known/openid-configuration'])
    .describe('Discovery documents.'),
});

/** `auto` is a value of version one; `check` warns about it. */
const forwardPkce = z
  .enum(['always', 'never', 'auto'])
  .transform((value) => (value === 'auto' ? 'always' : value))
  .meta({ enum: ['always', 'never'] });

const clientIdSchema = z
  .string()
  .check((context) => {
    const parsed = parseClientId(context.value);
    if ('problem' in parsed) {
      context.issues.push({ code: 'custom', message: parsed.problem, input: context.value });
    }
  })
  .meta({ pattern: '^[^*]+[*]?$', maxLength: 512 });

export const issuerSchema = mapping({
  name: name.describe('The name of this issuer in metrics and logs.'),
  hosts: z
    .array(host())
    .min(1)
    .optional()
    .describe('The Host headers of this issuer. Default: every host that no other issuer lists.'),
  paths: z
    .array(pathPrefix())
    .min(1)
    .optional()
    .describe(
      'The paths of its hosts that belong to this issuer, with everything below them, such as `/realms/a`. The longest match wins. Default: every path that no other issuer of the host lists.',
    ),
  upstream: upstreamSchema.describe('The authorization server behind the gateway.'),
  public_url: httpOrigin()
    .optional()
    .describe(
      'The origin that clients see. Default: taken from each request (Host, or trusted `X-Forwarded-*`).',
    ),
  endpoints: z
    .union([choice(['auto']), endpointPathsSchema], {
      error: 'must be `auto`, or a mapping with `authorization` and `token`',
    })
    .prefault('auto')
    .describe(
      "`auto`: from the upstream's discovery document. Otherwise lists of paths; a segment `{name}` matches any one segment.",
    ),
  discovery: z
    .array(literalPath())
    .min(1)
    .optional()
    .describe(
      'With `endpoints: auto`: where the discovery document may be, such as `/realms/a/.well-known/openid-configuration`. The first one found is used. Default: the two well-known paths at the root, or below each of `paths`.',
    ),
  forward_pkce: forwardPkce
    .prefault('always')
    .describe(
      'Whether the upstream receives the PKCE parameters. Use `never` for a server that refuses them; `doctor` finds out.',
    ),
  token_content_types: z
    .array(choice(['form', 'json']))
    .min(1)
    .prefault(['form'])
    .describe('Content types of token requests. `json` adds one flat JSON object, which goes on as JSON.'),
  state_limit: size('32B', '64KiB')
    .optional()
    .describe(
      "The longest `state` that the server keeps. If a client's state with the flow prefix (32 characters) is longer, it is sent without the prefix. Default: no limit.",
    ),
  drop_parameters: z
    .array(droppedParameter())
    .prefault([])
    .describe(
      'Parameters that the gateway removes from authorization, pushed authorization and token requests before it judges them, such as `resource` (RFC 8707), which agents send and strict servers refuse.',
    ),
  metadata: section({
    advertise_pkce: flag().prefault(true).describe('Add `code_challenge_methods_supported`.'),
    oauth_authorization_server: flag()
      .prefault(true)
      .describe(
        'Make `/.well-known/oauth-authorization-server` from the OpenID document where the upstream has none.',
      ),
  })
    .prefault({})
    .describe('What the gateway changes in discovery documents.'),
  pages: section({
    error_file: file(parseErrorPage)
      .optional()
      .describe(
        'An HTML file to show to a refused user instead of the built-in page ([error-page.md](error-page.md)).',
      ),
  })
    .prefault({})
    .describe('Pages of the gateway itself.'),
  defaults: policySchema.prefault({}).describe('The settings of every client that does not have its own.'),
  unlisted_clients: unlistedPolicySchema
    .prefault({})
    .describe(
      'The policy for client ids that are not under `clients`. Settings that it lacks come from `defaults`.',
    ),
  clients: z
    .record(clientIdSchema, policySchema)
    .meta({ 'x-nullable': true })
    .prefault({})
    .describe(
      'One entry for each client_id; a trailing `*` matches a prefix. An exact entry takes precedence over a prefix, and a longer prefix over a shorter one.',
    ),
});
