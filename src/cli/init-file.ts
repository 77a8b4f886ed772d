import type { UpstreamOptions } from '../config/upstream-config.ts';
import { namedEndpoints } from '../oauth/metadata.ts';
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
  /** The Host headers under which the upstream answers: any, only that of clients, only its own. */
  readonly hosts?: AnsweredHosts;
};

export type AnsweredHosts = 'any' | 'public' | 'own';

/** A gateway.yaml in report mode, with the findings as comments. */
export function renderInitFile(facts: InitFacts): string {
  const { schema, named, found, listen = '0.0.0.0:8080', admin = '127.0.0.1:9090', upstream, ca } = facts;
  const lines = [
    `# yaml-language-server: $schema=${schema}`,
    `# Made by \`pkce-gateway init --upstream ${comment(named)}\`.`,
    '# Every client is in `report`: violations are counted and logged, and nobody is refused.',
    '#',
    found === undefined
      ? '# This server has no discovery document. Fill in `endpoints` below: until then `check` reports a problem.'
      : whatWasFound(upstream, found),
    '#',
    '# Next:',
    '#   pkce-gateway check --config gateway.yaml    checks this file',
    '#   pkce-gateway doctor --config gateway.yaml   checks DNS, TLS, the server and the store',
    '#   pkce-gateway serve --config gateway.yaml    starts the gateway',
    '# Then point one client at the gateway, and move clients from report to enforce, one by one: docs/rollout.md.',
    '',
    'listen:',
    `  address: ${text(listen)}  # for clients and browsers`,
    '  # tls: {cert_file: cert.pem, key_file: key.pem}',
    '  # trusted_proxies: [10.0.0.0/8]  # the load balancer in front, whose X-Forwarded-* are believed',
    '',
    'admin:',
    `  address: ${text(admin)}  # status page, metrics and health: must not be public`,
    '',
    'store:',
    store(facts),
    '',
    'issuers:',
    '  - name: default  # its name in metrics and logs',
    '    upstream:',
    `      url: ${text(upstream)}`,
    ca === undefined ? [] : `      tls: {ca_file: ${text(ca)}}`,
    host(facts),
    origins(facts),
    endpoints(facts),
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
  ];
  return lines.flat().join('\n');
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
  const types = document['response_types_supported'];
  const isHybrid = (type: unknown) => typeof type === 'string' && type !== 'code' && /\bcode\b/.test(type);
  const hybrid = '# If a client uses a response type other than `code`, list it in its `response_types`.';
  return [
    `# From ${comment(origin + path)}:`,
    ...rows,
    `# ${pkce}`,
    ...(Array.isArray(types) && types.some(isHybrid) ? [hybrid] : []),
  ];
}

function store({ redis }: InitFacts): string[] {
  if (redis === undefined) {
    return [
      '  kind: memory  # for one process; a restart loses the logins in progress. Otherwise:',
      '  # kind: redis',
      '  # redis: {url: "redis://127.0.0.1:6379/0", password: {from_env: REDIS_PASSWORD}}',
      '  # or, with nothing to run and a key from `pkce-gateway keygen` (docs/stores.md):',
      '  # kind: sealed',
      '  # sealed: {keys: [{from_env: SEALING_KEY}]}',
    ];
  }
  const { username, password, href } = URL.parse(redis) ?? { username: '', password: '', href: redis };
  // A password on the command line must not be copied into a file.
  const url = username + password === '' ? redis : href.replace(/(?<=:\/\/)[^/@]*@/, '');
  return [
    '  kind: redis',
    '  redis:',
    `    url: ${text(url)}`,
    ...(username === '' ? [] : [`    username: ${text(decodeURIComponent(username))}`]),
    ...(password === '' ? [] : ['    password: {from_env: REDIS_PASSWORD}']),
  ];
}

const HOST_LINES = {
  any: '      preserve_host: true  # it answers under any host name',
  public: '      preserve_host: true  # it answers only under the host name of `public_url`',
  own: '      preserve_host: false  # it answers only under its own host name',
};

function host({ found, hosts = 'own' }: InitFacts): string {
  if (found === undefined)
    return '      # preserve_host: false  # if it answers only under its own host name';
  return HOST_LINES[hosts];
}

/** How the server calls itself other than by the address of the upstream, and the address for clients. */
function origins({ found, upstream, publicUrl: given }: InitFacts): string[] {
  const named = [...new Set(namedEndpoints(found?.document ?? {}).map(({ url }) => url.origin))];
  const others = named.filter((one) => one !== upstream && one !== (given && URL.parse(given)?.origin));
  const [own] = named.length === 1 ? named : [];
  const example = own === undefined || own === upstream ? 'https://login.example.com' : own;
  const listed = `      origins: [${others.map(text).join(', ')}]  # how it calls itself: becomes the public URL`;
  return [
    ...(others.length === 0 ? [] : [listed]),
    given === undefined
      ? `    # public_url: ${comment(example)}  # the address for clients; default: taken from each request`
      : `    public_url: ${text(given)}`,
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
  const { authorization, token, pushedAuthorization: pushed } = found.discovered.endpoints;
  // Keycloak has a second authorization endpoint, for users who register. It is not in the discovery document.
  const registrations = authorization
    .filter((path) => /^.*\/realms\/[^/]+\/protocol\/openid-connect\/auth$/.test(path))
    .map((path) => path.replace(/auth$/, 'registrations'));
  return [
    '    endpoints:',
    `      authorization: [${[...authorization, ...registrations].map(text).join(', ')}]`,
    `      token: [${token.map(text).join(', ')}]`,
    ...(pushed.length === 0 ? [] : [`      pushed_authorization: [${pushed.map(text).join(', ')}]`]),
    `      metadata: [${text(found.path)}]`,
  ];
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
