import { z } from 'zod';
import { host } from './address.ts';
import { clientId, droppedParameter } from './names.ts';
import { endpointPathsSchema, literalPath, pathPrefix } from './paths.ts';
import { policySchema, unlistedPolicySchema } from './policy.ts';
import { size } from './quantity.ts';
import { file, section } from './scalars.ts';
import { upstreamSchema } from './upstream.ts';
import { httpOrigin } from './uris.ts';

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
    'must be 1 to 63 letters, digits and . _ -, the first a letter or digit',
  );

/** `auto` is a value of version one; `check` warns about it. */
const forwardPkce = z
  .enum(['always', 'never', 'auto'])
  .transform((value) => (value === 'auto' ? 'always' : value))
  .meta({ enum: ['always', 'never'] });

/** The placeholders of an error page, written as `{{name}}`. */
const PLACEHOLDERS = ['title', 'message', 'description', 'reason', 'owner', 'request_id', 'status'];

const errorPage = file((template) => {
  const names = [...template.matchAll(/\{\{([^{}]*)\}\}/g)].map(([, name = '']) => name.trim());
  const unknown = [...new Set(names)].filter((name) => !PLACEHOLDERS.includes(name));
  if (unknown.length > 0)
    return `has {{${unknown.join('}}, {{')}}}: a page can have {{${PLACEHOLDERS.join('}}, {{')}}}`;
  if (names.includes('request_id')) return undefined;
  return 'has no {{request_id}}: without it, the log lines of a refused user cannot be found';
});

export const issuerSchema = z.strictObject({
  name: name.describe('The name of this issuer in metrics and logs.'),
  hosts: z
    .array(host)
    .min(1)
    .optional()
    .describe('The Host headers of this issuer. Default: every host that no other issuer lists.'),
  paths: z
    .array(pathPrefix)
    .min(1)
    .optional()
    .describe(
      'The paths of its hosts that belong to this issuer, with everything below them, such as `/realms/a`. The longest match wins. Default: every path that no other issuer of the host lists.',
    ),
  upstream: upstreamSchema.describe('The authorization server behind the gateway.'),
  public_url: httpOrigin
    .optional()
    .describe(
      'The origin that clients see. Default: taken from each request (Host, or trusted `X-Forwarded-*`).',
    ),
  endpoints: z
    .union([z.enum(['auto']), endpointPathsSchema], {
      error: 'must be `auto`, or a mapping with `authorization` and `token`',
    })
    .prefault('auto')
    .describe(
      "`auto`: from the upstream's discovery document. Otherwise lists of paths; a segment `{name}` matches any one segment, the realm; `{*}` matches one too, and is no realm.",
    ),
  discovery: z
    .array(literalPath)
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
    .array(z.enum(['form', 'json']))
    .min(1)
    .prefault(['form'])
    .describe(
      'Content types of token requests. `json` adds one flat JSON object, which is forwarded as JSON.',
    ),
  state_limit: size('32B', '64KiB')
    .optional()
    .describe(
      "The longest `state` that the server keeps. If a client's state with the flow prefix (32 characters) is longer, it is sent without the prefix. Default: no limit.",
    ),
  drop_parameters: z
    .array(droppedParameter)
    .prefault([])
    .describe(
      'Parameters that the gateway removes from authorization, pushed authorization and token requests before it judges them, such as `resource` (RFC 8707), which agents send and strict servers refuse.',
    ),
  metadata: section({
    advertise_pkce: z.boolean().prefault(true).describe('Add `code_challenge_methods_supported`.'),
    oauth_authorization_server: z
      .boolean()
      .prefault(true)
      .describe(
        'Make `/.well-known/oauth-authorization-server` from the OpenID document where the upstream has none.',
      ),
  })
    .prefault({})
    .describe('What the gateway changes in discovery documents.'),
  pages: section({
    error_file: errorPage
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
    .record(clientId, policySchema)
    .meta({ 'x-nullable': true })
    .prefault({})
    .describe(
      'One entry for each client_id; a trailing `*` matches a prefix. An exact entry takes precedence over a prefix, and a longer prefix over a shorter one.',
    ),
});
