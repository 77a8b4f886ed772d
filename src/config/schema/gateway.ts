import { z } from 'zod';
import { issuerSchema } from './issuer.ts';
import { adminSchema, listenSchema, shutdownSchema } from './listen.ts';
import { section, text } from './scalars.ts';
import { storeSchema } from './store.ts';

const AUDIT_FORM =
  'must be stdout, stderr, none, or an absolute path such as /var/log/pkce-gateway/audit.jsonl';
const WORKERS = 'must be a number of processes, 1 to 256, or `auto`';

/** All of gateway.yaml. Types, JSON Schema and reference are generated from it. */
export const gatewaySchema = z.strictObject({
  listen: listenSchema.prefault({}).describe('The public listener.'),
  admin: adminSchema.prefault({}).describe('The listener for operators.'),
  workers: z
    .union([z.int(WORKERS).min(1, WORKERS).max(256, WORKERS), z.enum(['auto'])], { error: WORKERS })
    .meta({ 'x-type': '1 to 256, or `auto`' })
    .prefault(1)
    .describe(
      'The number of processes that serve requests; `auto`: one per processor. More than one needs `store.kind: redis` or `sealed`.',
    ),
  shutdown: shutdownSchema.prefault({}).describe('How the gateway stops.'),
  log: section({
    level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
      .prefault('info')
      .describe('The lowest severity that is written. A reload changes it.'),
    format: z
      .enum(['json', 'pretty'])
      .prefault('json')
      .describe('One JSON object per line, or readable text.'),
    requests: z
      .boolean()
      .prefault(false)
      .describe('Write a line for each answered request. A reload changes it.'),
  })
    .prefault({})
    .describe('The log on standard error.'),
  audit: section({
    destination: z
      .string(AUDIT_FORM)
      .regex(/^(stdout|stderr|none|\/[^\x00-\x1f]*)$/, AUDIT_FORM)
      .meta({ 'x-type': '`stdout`, `stderr`, `none` or an absolute path' })
      .prefault('none')
      .describe(
        'Where the gateway writes one line of JSON for each violation ([audit.md](audit.md)). It appends to a file, and reopens the file after log rotation.',
      ),
    address: z
      .enum(['full', 'truncated', 'none'])
      .prefault('full')
      .describe('How much of a client address is written. `truncated`: /24 of IPv4, /48 of IPv6.'),
  })
    .prefault({})
    .describe('The audit stream: every refusal, and every violation that is only reported.'),
  store: storeSchema.prefault({}).describe('Where flows and codes are kept.'),
  issuers: z.array(issuerSchema).min(1).describe('The authorization servers behind this gateway.'),
  include: z
    .array(text({ max: 4096 }))
    .prefault([])
    .describe(
      'Further files with `clients` under `issuers` of the same `name`. Paths are relative to this file and may contain `*` and `**`. Each client must be in one file only.',
    ),
});
