import { choice, type Parsed, section, textAs } from './scalars.ts';

const FORM = 'must be stdout, stderr, none, or an absolute path such as /var/log/pkce-gateway/audit.jsonl';

export const auditSchema = section({
  destination: textAs(
    parseDestination,
    { 'x-type': '`stdout`, `stderr`, `none` or an absolute path', pattern: '^(stdout|stderr|none|/.*)$' },
    FORM,
  )
    .prefault('none')
    .describe(
      'Where the gateway writes one line of JSON for each violation ([audit.md](audit.md)). It appends to a file, and reopens the file after log rotation.',
    ),
  address: choice(['full', 'truncated', 'none'])
    .prefault('full')
    .describe('How much of a client address is written. `truncated`: /24 of IPv4, /48 of IPv6.'),
});

function parseDestination(text: string): Parsed<string> {
  const isWord = ['stdout', 'stderr', 'none'].includes(text);
  return isWord || (text.startsWith('/') && !text.includes('\0')) ? { value: text } : { problem: FORM };
}
