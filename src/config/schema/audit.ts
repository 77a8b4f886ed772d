import { z } from 'zod';
import { section } from './scalars.ts';

const FORM = 'must be stdout, stderr, none, or an absolute path such as /var/log/pkce-gateway/audit.jsonl';

export const auditSchema = section({
  destination: z
    .string(FORM)
    .regex(/^(stdout|stderr|none|\/[^\x00-\x1f]*)$/, FORM)
    .meta({ 'x-type': '`stdout`, `stderr`, `none` or an absolute path' })
    .prefault('none')
    .describe(
      'Where the gateway writes one line of JSON for each violation ([audit.md](audit.md)). It appends to a file, and reopens the file after log rotation.',
    ),
  address: z
    .enum(['full', 'truncated', 'none'])
    .prefault('full')
    .describe('How much of a client address is written. `truncated`: /24 of IPv4, /48 of IPv6.'),
});
