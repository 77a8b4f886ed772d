import type { UpstreamOptions } from '../config/upstream-config.ts';
import { namedEndpoints } from '../oauth/named-endpoints.ts';
import type { FoundMetadata } from '../upstream/discovery.ts';

/** The options of `init`, and what it found. */
export type InitFacts = UpstreamOptions & {
  /** Where editors find the schema of the file. */
  readonly schema: string;
  /** The upstream as typed. */
  readonly named: string;
  /** `undefined`: no discovery document. */
  readonly found: FoundMetadata | undefined;
  /** Whether `endpoints: auto` finds the document. */
  readonly atRoot?: boolean;
  /** Whether the upstream answers requests with a different Host header. */
  readonly anyHost?: boolean;
};

/** A gateway.yaml in report mode, with the findings as comments. */
export function renderInitFile(facts: InitFacts): string {
  return `${[
    `# yaml-language-server: $schema=${facts.schema}`,
    ...head(facts),
    '',
    'listen:',
    `  address: ${text(facts.listen ?? '0.0.0.0:8080')}  # for clients and browsers`,
    '  # tls: {cert_file: cert.pem, key_file: key.pem}',
    '  # trusted_proxies: [10.0.0.0/8]  # the load balancer in front, whose X-Forwarded-* are believed',
    '',
    'admin:',
    `  address: ${text(facts.admin ?? '127.0.0.1:9090')}  # status page, metrics and health: must not be public`,
    '',
    ...store(facts),
    '',
    'issuers:',
    '  - name: default  # its name in metrics and logs',
    '    upstream:',
    `      url: ${text(facts.upstream)}`,
    ...(facts.ca === undefined ? [] : [`      tls: {ca_file: ${text(facts.ca)}}`]),
    ...host(facts),
    ...origins(facts),
    ...publicUrl(facts),
    ...endpoints(facts),
    '    defaults:',
    '      mode: report  # nobody is refused yet',
    '    unlisted_clients:',
    '      mode: report',
    '    clients:',
    '      # One entry for each client to enforce. Other clients are counted as well, under their client_id once they have',
    '      # logged in: `pkce-gateway report --format yaml` prints entries with the redirect_uris that were seen. Start with the',
    '      # public clients (single-page and native apps): only PKCE protects their codes.',
    '      # spa-portal:',
    '      #   owner: web-team@example.com',
    '      #   mode: enforce',
    '      #   redirect_uris: [https://app.example.com/cb]',
  ].join('\n')}\n`;
}

function head({ named, upstream, found }: InitFacts): string[] {
  const said = found === undefined ? notFound() : whatWasFound(upstream, found);
  return [
    `# Made by \`pkce-gateway init --upstream ${comment(named)}\`.`,
    '# Every client is in `report`: violations are counted and logged, and nobody is refused.',
    '#',
    ...said,
    '#',
    '# Next:',
    '#   pkce-gateway check --config gateway.yaml    checks this file',
    '#   pkce-gateway doctor --config gateway.yaml   checks DNS, TLS, the server and the store',
    '#   pkce-gateway serve --config gateway.yaml    starts the gateway',
    '# Then point one client at the gateway, and move clients from report to enforce, one by one: docs/rollout.md.',
  ];
}

function notFound(): string[] {
  return [
    '# This server has no discovery document. Fill in `endpoints` below: until then `check` reports a problem.',
  ];
}

const TOLD = [
  'issuer',
  'authorization_endpoint',
  'token_endpoint',
  'pushed_authorization_request_endpoint',
  'code_challenge_methods_supported',
  'response_types_supported',
  'response_modes_supported',
  'token_endpoint_auth_methods_supported',
];

function whatWasFound(origin: string, { path, document, discovered }: FoundMetadata): string[] {
  const rows = TOLD.map((key) => {
    const value = document[key];
    const list = Array.isArray(value) ? value.join(', ') : value;
    return `#   ${key.padEnd(38)} ${list === undefined ? '(missing)' : comment(String(list))}`;
  });
  const pkce = discovered.challengeMethods.includes('S256')
    ? 'It advertises PKCE with S256.'
    : 'It does not advertise PKCE with S256. `doctor` finds out whether it refuses the parameters (`forward_pkce: never`).';
  const types = Array.isArray(document['response_types_supported'])
    ? document['response_types_supported']
    : [];
  const hybrid = types.some((type) => typeof type === 'string' && type !== 'code' && /\bcode\b/.test(type));
  return [
    `# From ${comment(origin + path)}:`,
    ...rows,
    `# ${pkce}`,
    ...(hybrid
      ? ['# If a client uses a response type other than `code`, list it in its `response_types`.']
      : []),
  ];
}

function store({ redis }: InitFacts): string[] {
  if (redis === undefined) {
    return [
      'store:',
      '  kind: memory  # for one process; a restart loses the logins in progress. Otherwise:',
      '  # kind: redis',
      '  # redis: {url: "redis://127.0.0.1:6379/0", password: {from_env: REDIS_PASSWORD}}',
      '  # or, with nothing to run and a key from `pkce-gateway keygen` (docs/stores.md):',
      '  # kind: sealed',
      '  # sealed: {keys: [{from_env: SEALING_KEY}]}',
    ];
  }
  const { url, username, hasPassword } = withoutCredentials(redis);
  return [
    'store:',
    '  kind: redis',
    '  redis:',
    `    url: ${text(url)}`,
    ...(username === '' ? [] : [`    username: ${text(username)}`]),
    ...(hasPassword ? ['    password: {from_env: REDIS_PASSWORD}'] : []),
  ];
}

/** A password on the command line must not be copied into a file. */
function withoutCredentials(redis: string): { url: string; username: string; hasPassword: boolean } {
  const url = URL.parse(redis);
  if (url === null || (url.username === '' && url.password === '')) {
    return { url: redis, username: '', hasPassword: false };
  }
  const { password } = url;
  const username = decodeURIComponent(url.username);
  url.username = '';
  url.password = '';
  return { url: url.href, username, hasPassword: password !== '' };
}

function host({ found, anyHost }: InitFacts): string[] {
  if (found === undefined)
    return ['      # preserve_host: false  # if it answers only under its own host name'];
  return anyHost
    ? ['      preserve_host: true  # it answers under any host name']
    : ['      preserve_host: false  # it answers only under its own host name'];
}

/** The origins that the server uses for itself, other than the upstream and the public URL. */
function origins({ found, upstream, publicUrl: given }: InitFacts): string[] {
  const named = namedEndpoints(found?.document ?? {}).map(({ url }) => url.origin);
  const own = new Set([upstream, given && URL.parse(given)?.origin]);
  const others = [...new Set(named)].filter((one) => !own.has(one));
  if (others.length === 0) return [];
  return [`      origins: [${others.map(text).join(', ')}]  # how it calls itself: becomes the public URL`];
}

function publicUrl({ publicUrl: given, found, upstream }: InitFacts): string[] {
  if (given !== undefined) return [`    public_url: ${text(given)}`];
  const origins = new Set(namedEndpoints(found?.document ?? {}).map(({ url }) => url.origin));
  const [own] = origins.size === 1 ? origins : [];
  const example = own === undefined || own === upstream ? 'https://login.example.com' : own;
  return [
    `    # public_url: ${comment(example)}  # the address for clients; default: taken from each request`,
  ];
}

function endpoints({ found, atRoot }: InitFacts): string[] {
  if (found === undefined) {
    return [
      '    endpoints:',
      '      authorization: []  # FILL IN, such as [/oauth2/authorize]',
      '      token: []  # FILL IN, such as [/oauth2/token]',
    ];
  }
  if (atRoot) return ['    endpoints: auto  # from its discovery document'];
  const { authorization, token, pushedAuthorization } = found.discovered.endpoints;
  return [
    '    endpoints:',
    `      authorization: [${[...authorization, ...registrations(authorization)].map(text).join(', ')}]`,
    `      token: [${token.map(text).join(', ')}]`,
    ...(pushedAuthorization.length === 0
      ? []
      : [`      pushed_authorization: [${pushedAuthorization.map(text).join(', ')}]`]),
    `      metadata: [${text(found.path)}]`,
  ];
}

const KEYCLOAK = /^(.*\/realms\/[^/]+\/protocol\/openid-connect)\/auth$/;

/** Keycloak has a second authorization endpoint, for users who register. It is not in the discovery document. */
function registrations(authorization: readonly string[]): string[] {
  return authorization.flatMap((path) => {
    const base = KEYCLOAK.exec(path)?.[1];
    return base === undefined ? [] : [`${base}/registrations`];
  });
}

const PLAIN = /^((https?:\/)?\/[\w./:-]*[\w/]|[\w-]+(\.[\w-]+)*:\d+)$/;

/** A YAML scalar: text from a server can never become another YAML construct. */
function text(value: string): string {
  return PLAIN.test(value) ? value : JSON.stringify(value);
}

/** Fit for a comment: one line of printable characters, of limited length. */
function comment(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);
}
