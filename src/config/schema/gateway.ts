import { z } from 'zod';
import { auditSchema } from './audit.ts';
import { issuerSchema } from './issuer.ts';
import { adminSchema, listenSchema, shutdownSchema } from './listen.ts';
import { choice, flag, integerOr, mapping, type Parsed, section, text } from './scalars.ts';
import { storeSchema } from './store.ts';

const WORKERS = 'must be a number of processes, 1 to 256, or `auto`';

/** All of gateway.yaml. Types, JSON Schema and reference are generated from it. */
export const gatewaySchema = mapping({
  listen: listenSchema.prefault({}).describe('The public listener.'),
  admin: adminSchema.prefault({}).describe('The listener for operators.'),
  workers: integerOr(
    (value): Parsed<number | 'auto'> => {
      if (value === 'auto') return { value };
      const isCount = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 256;
      return isCount ? { value } : { problem: WORKERS };
    },
    {
      'x-type': '1 to 256, or `auto`',
      anyOf: [
        { type: 'integer', minimum: 1, maximum: 256 },
        { type: 'string', enum: ['auto'] },
      ],
    },
    WORKERS,
  )
    .prefault(1)
    .describe(
      'The number of processes that serve requests; `auto`: one per processor. More than one needs `store.kind: redis` or `sealed`.',
    ),
  shutdown: shutdownSchema.prefault({}).describe('How the gateway stops.'),
  log: section({
    level: choice(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
      .prefault('info')
      .describe('The lowest severity that is written. A reload changes it.'),
    format: choice(['json', 'pretty'])
      .prefault('json')
      .describe('One JSON object per line, or readable text.'),
    requests: flag().prefault(false).describe('Write a line for each answered request. A reload changes it.'),
  })
    .prefault({})
    .describe('The log on standard error.'),
  audit: auditSchema
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
