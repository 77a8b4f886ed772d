import { z } from 'zod';
import { FOLLOWED_RESPONSE_MODES } from '../../oauth/response-mode.ts';
import { duration } from './duration.ts';
import { corsOrigin } from './origin.ts';
import { redirectUri } from './redirect-uri.ts';
import { responseType } from './response-type.ts';
import { choice, flagOr, integer, mapping, section, text } from './scalars.ts';
import { timestamp } from './timestamp.ts';

/** What neither a client nor `defaults` says, as one would write it. */
const BUILT_IN = {
  mode: 'enforce',
  enforce_percent: 100,
  methods: ['S256'],
  response_types: ['code'],
  request_objects: 'reject',
  flow_ttl: '1h',
  code_ttl: '60s',
  max_attempts: 5,
  wrap_codes: 'auto',
  state: 'prefix',
  on_store_failure: 'reject',
} as const;

const clientMode = choice(['enforce', 'report', 'off'], (input) =>
  input === 'reject' ? 'only `unlisted_clients` can have the mode `reject`' : undefined,
);
const unlistedMode = choice(['enforce', 'report', 'off', 'reject']);

/** A key that a client takes from `defaults`, and those from the built-in value, where it does not say it. */
function setting<S extends z.ZodType>(schema: S, description: string, builtIn?: unknown) {
  return schema.optional().meta({ description, ...(builtIn !== undefined && { 'x-default': builtIn }) });
}

function settings<M extends z.ZodType>(mode: M, modeDescription: string) {
  return {
    description: setting(text(), 'What this client is.'),
    owner: setting(text(), 'Contact: who is told when this client is refused.'),
    mode: setting(mode, modeDescription, BUILT_IN.mode),
    enforce_from: setting(
      timestamp(),
      'With `mode: enforce`: before this moment violations are only reported, from it on they are refused.',
    ),
    enforce_percent: setting(
      integer(0, 100),
      'With `mode: enforce`: the share of logins that is enforced, drawn for each when it begins; the rest is judged as in `report`. Below 100 this protects nobody from an attacker, who can try until a login is drawn that is not enforced: it is for finding out what breaks.',
      BUILT_IN.enforce_percent,
    ),
    methods: setting(
      z.array(choice(['S256', 'plain'])).min(1),
      'The `code_challenge_method`s that are allowed.',
      BUILT_IN.methods,
    ),
    redirect_uris: setting(
      z.array(redirectUri()).min(1),
      'Allowed redirect URIs, compared exactly; a loopback address (`http://127.0.0.1/cb`, `http://[::1]/cb`) and `http://localhost/cb` match any port. Default: any.',
    ),
    response_types: setting(
      z.array(responseType()).min(1),
      'Allowed response types; the order of the words of one does not matter.',
      BUILT_IN.response_types,
    ),
    response_modes: setting(
      z.array(choice(FOLLOWED_RESPONSE_MODES)).min(1),
      'Allowed response modes. Default: any that the gateway can follow.',
    ),
    grant_types: setting(z.array(text()).min(1), 'Allowed grant types at the token endpoint. Default: any.'),
    request_objects: setting(
      choice(['reject', 'allow']),
      'Requests as JWT (`request`, RFC 9101): signed or plain ones can be allowed, encrypted ones cannot be followed.',
      BUILT_IN.request_objects,
    ),
    flow_ttl: setting(
      duration('10s', '24h'),
      'How long a login may take: from the authorization request to its code. Until then it can be entered again, for example by the Back button.',
      BUILT_IN.flow_ttl,
    ),
    code_ttl: setting(
      duration('1s', '10m'),
      'The longest time from a code to its redemption.',
      BUILT_IN.code_ttl,
    ),
    max_attempts: setting(
      integer(1, 100),
      'Failed verifications before the code is burnt.',
      BUILT_IN.max_attempts,
    ),
    wrap_codes: setting(
      flagOr('auto'),
      "Give the client a code of the gateway's own, so that the upstream's code cannot be redeemed behind its back. `auto`: unless the server puts a `c_hash` into the id_token of this client's token responses, which strict clients check. Applies in `enforce`.",
      BUILT_IN.wrap_codes,
    ),
    state: setting(
      choice(['prefix', 'preserve']),
      "What the upstream gets as `state`: the client's with a flow prefix, or just the client's. `preserve` needs `redirect_uris`. It is for clients that check the `s_hash` of an id_token.",
      BUILT_IN.state,
    ),
    on_store_failure: setting(
      choice(['reject', 'allow']),
      'While the store is away: refuse the requests of enforced clients, or let them through unverified.',
      BUILT_IN.on_store_failure,
    ),
    cors: setting(
      mapping({
        origins: z
          .array(corsOrigin())
          .describe('Origins whose scripts may read the answers of the token endpoint.'),
      }),
      'Cross-origin access for apps in the browser. Default: the origins of the https `redirect_uris`.',
    ),
    inject_secret: setting(
      text({ max: 4096 }),
      'A client secret that the gateway adds to token requests: a public client to its users, a confidential one to the upstream. Write it as `{from_env}` or `{from_file}`.',
    ),
  };
}

export const policySchema = section(
  settings(
    clientMode,
    '`enforce`: violations are refused. `report`: they are counted and logged, nothing is refused. `off`: not looked at.',
  ),
).meta({ id: 'client_policy' });

export const unlistedPolicySchema = section(
  settings(unlistedMode, 'As for a client; or `reject`: a client that is not listed is refused.'),
).meta({ id: 'unlisted_policy' });

export type PolicyEntry = z.output<typeof policySchema>;
export type UnlistedPolicyEntry = z.output<typeof unlistedPolicySchema>;

type BuiltInKey = keyof typeof BUILT_IN;
type BuiltInSettings = Required<{ [K in BuiltInKey]: NonNullable<PolicyEntry[K]> }>;

/** The built-in settings, parsed. */
export const builtInSettings = policySchema.parse(BUILT_IN) as BuiltInSettings;
