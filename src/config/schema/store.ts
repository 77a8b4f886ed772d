import { z } from 'zod';
import { parseAddress } from './address.ts';
import { duration } from './quantity.ts';
import { parseRedisUrl } from './redis-url.ts';
import { withRule } from './rule.ts';
import { integer, type Parsed, secret, section, text, textAs } from './scalars.ts';
import { clientTls } from './tls-files.ts';

const NODE_FORM = 'must be host:port, such as redis-0.internal:6379';

const nodes = z
  .array(textAs(parseNode, { 'x-type': 'address', 'x-examples': ['redis-0.internal:6379'] }, NODE_FORM))
  .min(1);

const redisSchema = section({
  url: textAs(parseRedisUrl, {
    'x-type': 'URL',
    'x-hidden': true,
    'x-examples': ['redis://127.0.0.1:6379/0'],
  })
    .optional()
    .describe(
      '`redis://host:port/database`, `rediss://` for TLS, or the path of a Unix socket. `kind: redis` needs this, `cluster` or `sentinel`.',
    ),
  cluster: nodes
    .optional()
    .describe('Instead of `url`: some nodes of a Redis Cluster. The gateway finds the others through them.'),
  sentinel: z
    .strictObject({
      name: text().describe('The name of the primary at the sentinels, such as `mymaster`.'),
      nodes: nodes.describe('The addresses of all sentinels.'),
      username: text().optional().describe('The ACL user at the sentinels.'),
      password: secret()
        .optional()
        .describe('The password at the sentinels. The password of Redis goes beside `sentinel`.'),
    })
    .optional()
    .describe('Instead of `url`: the sentinels, which know the current primary.'),
  username: text().optional().describe('The ACL user.'),
  password: secret().optional().describe('The password. Write it as `{from_env}` or `{from_file}`.'),
  database: integer(0, 65_535)
    .optional()
    .describe('The number of the database, unless `url` has it. Default: 0. A cluster has only database 0.'),
  tls: clientTls({})
    .optional()
    .describe(
      'PEM files for `rediss://`. With `cluster` or `sentinel` this key turns TLS on, for nodes and sentinels alike; `{}` trusts the usual authorities.',
    ),
  prefix: text({ max: 200 }).prefault('pkce-gateway:').describe('Every key begins with this.'),
  timeout: duration('10ms', '1m')
    .prefault('500ms')
    .describe('The timeout of one operation. After it the store counts as unreachable.'),
});

const sealedSchema = z.strictObject({
  keys: z
    .array(
      secret(
        z
          .string()
          .regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url (43 characters)')
          .meta({ 'x-type': '32 bytes in base64url' }),
      ),
    )
    .min(1)
    .describe(
      'Keys of 32 random bytes in base64url. The first key seals and every key opens, so that a reload can replace a key. Write each as `{from_env}` or `{from_file}`.',
    ),
  replay: z
    .enum(['memory', 'upstream'])
    .prefault('memory')
    .describe(
      'Who refuses a code that is redeemed twice. `memory`: the server, and each gateway for the codes that it saw; `upstream`: only the server.',
    ),
});

export const storeSchema = section({
  kind: z
    .enum(['memory', 'redis', 'sealed'])
    .prefault('memory')
    .describe(
      '`memory`: in one process; lost when it ends. `redis`: shared by any number of gateways. `sealed`: any number of gateways that share only keys.',
    ),
  redis: redisSchema.optional().describe('For `kind: redis`.'),
  sealed: sealedSchema.optional().describe('For `kind: sealed`.'),
});

withRule(redisSchema, ({ url, tls, database }, diagnostics, written) => {
  if (written.has('cluster') && database !== undefined && database !== 0) {
    diagnostics.problem(['database'], 'a cluster has only database 0');
  }
  if (url?.target === undefined) return;
  if (tls !== undefined && !('tls' in url.target && url.target.tls)) {
    diagnostics.problem(['tls'], 'needs a url that begins with rediss://');
  }
  if (url.database !== undefined && written.has('database')) {
    diagnostics.problem(['url'], 'names a database, and so does the key `database`: remove one of them');
  }
  if ((url.username && written.has('username')) || (url.password && written.has('password'))) {
    diagnostics.problem(['url'], 'contains a user or password, and so do the keys: remove one of them');
  }
  if (url.password && written.get('url')?.value.kind === 'scalar') {
    diagnostics.warning(
      ['url'],
      'this password is in clear text: remove it from the url and write password: {from_env: NAME}',
    );
  }
});

withRule(sealedSchema, ({ keys = [] }, diagnostics) => {
  for (const [index, key] of keys.entries()) {
    const first = keys.indexOf(key);
    if (key !== undefined && first < index)
      diagnostics.problem(['keys', index], `is the same key as number ${first + 1}: leave one out`);
  }
});

withRule(storeSchema, ({ kind, redis, sealed }, diagnostics) => {
  if (kind === undefined) return;
  for (const [key, settings] of Object.entries({ redis, sealed })) {
    if (settings !== undefined && kind !== key)
      diagnostics.warning([key], `has no effect: \`store.kind\` is ${kind}`);
  }
  if (kind === 'sealed' && (sealed === undefined || !('keys' in sealed)))
    diagnostics.problem(
      ['sealed', 'keys'],
      'is required for `kind: sealed`; `pkce-gateway keygen` makes a key',
    );
  if (kind !== 'redis') return;
  // Each of them gives the location of Redis.
  const [first, ...others] = ['url', 'cluster', 'sentinel'].filter((key) => key in (redis ?? {}));
  if (first === undefined) {
    diagnostics.problem(
      ['redis', 'url'],
      'is required for `kind: redis`, unless `cluster` or `sentinel` is given',
    );
  }
  for (const other of others) {
    diagnostics.problem(
      ['redis', other],
      `gives the location of Redis, and so does \`${first}\`: remove one of them`,
      'key',
    );
  }
});

function parseNode(text: string): Parsed<{ host: string; port: number }> {
  const parsed = parseAddress(text);
  return 'problem' in parsed || parsed.value.port === 0 ? { problem: NODE_FORM } : parsed;
}
