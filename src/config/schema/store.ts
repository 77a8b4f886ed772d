import { z } from 'zod';
import { duration } from './duration.ts';
import { parseRedisUrl } from './redis-url.ts';
import { choice, section, text, textAs, unsupported } from './scalars.ts';
import { tlsFileKeys } from './tls-files.ts';

export const storeSchema = section({
  kind: choice(['memory', 'redis'])
    .prefault('memory')
    .describe('`memory`: one process, forgotten when it ends. `redis`: shared by any number of gateways.'),
  redis: section({
    url: textAs(parseRedisUrl, { 'x-type': 'URL', 'x-examples': ['redis://127.0.0.1:6379/0'] })
      .optional()
      .describe(
        '`redis://host:port/database`, `rediss://` for TLS, or the path of a Unix socket. Needed for `kind: redis`.',
      ),
    username: text().optional().describe('The ACL user.'),
    password: text({ max: 4096 })
      .optional()
      .describe('The password. Write it as `{from_env}` or `{from_file}`.'),
    tls: z.strictObject(tlsFileKeys).optional().describe('For `rediss://`: PEM files.'),
    cluster: unsupported(),
    sentinel: unsupported(),
    prefix: text({ max: 200 }).prefault('pkce-gateway:').describe('What every key begins with.'),
    timeout: duration('10ms', '1m')
      .prefault('500ms')
      .describe('How long one operation may take before the store counts as away.'),
  })
    .optional()
    .describe('For `kind: redis`.'),
});
