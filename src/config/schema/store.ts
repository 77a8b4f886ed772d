import { z } from 'zod';
import { parseAddress } from './address.ts';
import { duration } from './quantity.ts';
import { parseRedisUrl } from './redis-url.ts';
import { integer, type Parsed, secret, section, text, textAs } from './scalars.ts';
import { clientTls } from './tls-files.ts';

const NODE_FORM = 'must be host:port, such as redis-0.internal:6379';

const nodes = z
  .array(textAs({ 'x-type': 'address', 'x-examples': ['redis-0.internal:6379'] }, parseNode, NODE_FORM))
  .min(1);

export const redisTlsSchema = clientTls({});

export const redisSchema = section({
  url: textAs(
    {
      'x-type': 'URL',
      'x-hidden': true,
      'x-examples': ['redis://127.0.0.1:6379/0'],
    },
    parseRedisUrl,
  )
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
  tls: redisTlsSchema
    .optional()
    .describe(
      'PEM files for `rediss://`. With `cluster` or `sentinel` this key turns TLS on, for nodes and sentinels alike; `{}` trusts the usual authorities.',
    ),
  prefix: text({ max: 200 }).prefault('pkce-gateway:').describe('Every key begins with this.'),
  timeout: duration('10ms', '1m')
    .prefault('500ms')
    .describe('The timeout of one operation. After it the store counts as unreachable.'),
});

export const sealedSchema = z.strictObject({
  keys: z
    .array(
      secret(
        z
          .string()
          .regex(
            /^[A-Za-z0-9_-]{43}$/,
            'must be 32 bytes in base64url (43 characters): `pkce-gateway keygen` makes a key',
          )
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

function parseNode(text: string): Parsed<{ host: string; port: number }> {
  const parsed = parseAddress(text);
  return 'problem' in parsed || parsed.value.port === 0 ? { problem: NODE_FORM } : parsed;
}
