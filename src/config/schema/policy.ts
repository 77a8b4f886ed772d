import { z } from 'zod';
import { normalizeResponseType } from '../../oauth/authorization-request.ts';
import { FOLLOWED_RESPONSE_MODES } from '../../oauth/response-mode.ts';
import { MODES } from '../../policy/mode.ts';
import { duration, timestamp } from './quantity.ts';
import { integer, secret, section, text, textAs } from './scalars.ts';
import { corsOrigin, redirectUri } from './uris.ts';

const WORDS = new Set(['code', 'id_token', 'token', 'none']);

const RESPONSE_TYPE_NOTES = {
  'x-type': 'response type',
  'x-examples': ['code', 'code id_token'],
  pattern: '^(none|(code|id_token|token)( (code|id_token|token))*)$',
};

/** Normalised: its words sorted and joined by one space, because their order has no meaning (OAuth Multiple Response Types 1). */
const responseType = textAs(RESPONSE_TYPE_NOTES, (text) => {
  const words = text.split(' ').filter((word) => word !== '');
  const unknown = words.find((word) => !WORDS.has(word));
  if (unknown !== undefined || words.length === 0) {
    return { problem: 'must be made of the words code, id_token and token, or be none' };
  }
  if (new Set(words).size < words.length) return { problem: 'has a word twice' };
  if (words.includes('none') && words.length > 1)
    return { problem: '`none` cannot be combined with other types' };
  return { value: normalizeResponseType(text) };
});

/** Marks the settings that have a built-in value. */
type BuiltIn = { readonly 'x-default': unknown };

/** A setting that may be missing everywhere. */
function setting<S extends z.ZodType>(schema: S, description: string) {
  return schema.optional().meta({ description });
}

/** A setting with a built-in value, used if neither the client nor `defaults` has one. */
function settingOr<S extends z.ZodType>(builtIn: z.input<S>, schema: S, description: string) {
  const meta = { description, 'x-default': builtIn };
  return schema.optional().meta(meta) as z.ZodOptional<S> & BuiltIn;
}

const settings = {
  description: setting(text(), 'What this client is.'),
  owner: setting(text(), 'Contact for this client, shown to users who are refused.'),
  mode: settingOr(
    'enforce',
    z.enum(MODES, {
      error: ({ input }) =>
        input === 'reject' ? 'only `unlisted_clients` can have the mode `reject`' : undefined,
    }),
    '`enforce`: violations are refused. `report`: they are counted and logged, and nothing is refused. `off`: requests are not judged.',
  ),
  enforce_from: setting(
    timestamp,
    'With `mode: enforce`: before this moment violations are only reported, from this moment on they are refused.',
  ),
  enforce_percent: settingOr(
    100,
    integer(0, 100),
    'With `mode: enforce`: the share of logins that is enforced. It is drawn when a login begins; the other logins are judged as in `report`. Below 100 it does not stop an attacker, who can try until a login is not enforced: use it only to find out what breaks.',
  ),
  methods: settingOr(
    ['S256'],
    z.array(z.enum(['S256', 'plain'])).min(1),
    'The `code_challenge_method`s that are allowed.',
  ),
  redirect_uris: setting(
    z.array(redirectUri).min(1),
    'Allowed redirect URIs, compared exactly. A loopback address (`http://127.0.0.1/cb`, `http://[::1]/cb`) and `http://localhost/cb` match any port. Default: any redirect URI.',
  ),
  response_types: settingOr(
    ['code'],
    z.array(responseType).min(1),
    'Allowed response types. The order of the words in a response type does not matter.',
  ),
  response_modes: setting(
    z.array(z.enum(FOLLOWED_RESPONSE_MODES) as z.ZodType<string>).min(1),
    'Allowed response modes. Default: every mode that the gateway can follow.',
  ),
  grant_types: setting(
    z.array(text()).min(1),
    'Allowed grant types at the token endpoint. Default: any grant type.',
  ),
  request_objects: settingOr(
    'reject',
    z.enum(['reject', 'allow']),
    'Requests as a JWT (`request`, RFC 9101). Signed and plain JWTs can be allowed; the gateway cannot follow encrypted ones.',
  ),
  flow_ttl: settingOr(
    '1h',
    duration('10s', '24h'),
    'How long a login may take, from the authorization request to its code. Until then the user can return to it, for example with the Back button.',
  ),
  code_ttl: settingOr('60s', duration('1s', '10m'), 'How long a code can be redeemed.'),
  max_attempts: settingOr(
    5,
    integer(1, 100),
    'After this many wrong verifiers the code can no longer be redeemed.',
  ),
  wrap_codes: settingOr(
    'auto',
    z.union([z.boolean(), z.enum(['auto'])], { error: 'must be true, false or auto' }),
    "Give the client a code of the gateway's own, so that the upstream's code cannot be redeemed without the gateway. `auto`: wrap unless the id_token in this client's token responses has a `c_hash`, which strict clients check. Applies in `enforce`.",
  ),
  state: settingOr(
    'prefix',
    z.enum(['prefix', 'preserve']),
    "The `state` that the upstream gets: the client's own state after a flow prefix, or unchanged. `preserve` needs `redirect_uris` and unpredictable states. It is for clients that check the `s_hash` of an id_token.",
  ),
  on_store_failure: settingOr(
    'reject',
    z.enum(['reject', 'allow']),
    'While the store is unreachable: refuse the requests of enforced clients, or let them through unverified.',
  ),
  cors: setting(
    z.strictObject({
      origins: z
        .array(corsOrigin)
        .describe('Origins whose scripts may read the responses of the token endpoint.'),
    }),
    'Cross-origin access for apps in the browser. Default: the origins of the https `redirect_uris`.',
  ),
  inject_secret: setting(
    secret(),
    'A client secret that the gateway adds to token requests: the client is public to its users and confidential to the upstream. Write it as `{from_env}` or `{from_file}`.',
  ),
};

export const policySchema = section(settings).meta({ id: 'client_policy' });

const unlistedMode = settingOr(
  'enforce',
  z.enum([...MODES, 'reject']),
  'As for a client; or `reject`: a client that is not listed is refused.',
);

export const unlistedPolicySchema = section({ ...settings, mode: unlistedMode }).meta({
  id: 'unlisted_policy',
});

/** The settings with a built-in value, which are the same in `unlistedPolicySchema` and for any client. */
export type BuiltInKey = {
  [K in keyof UnlistedShape]: UnlistedShape[K] extends BuiltIn ? K : never;
}[keyof UnlistedShape];
type UnlistedShape = (typeof unlistedPolicySchema)['shape'];
