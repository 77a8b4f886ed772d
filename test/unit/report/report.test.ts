import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { renderCsv } from '../../../src/report/report-csv.ts';
import { renderEntries } from '../../../src/report/report-entries.ts';
import { renderTable } from '../../../src/report/report-table.ts';
import {
  parseReportedClients,
  type Report,
  type ReportedClient,
} from '../../../src/report/reported-client.ts';

const client = (name: string, more: Partial<ReportedClient> = {}): ReportedClient => ({
  issuer: 'corp',
  client: name,
  listed: true,
  owner: null,
  mode: 'report',
  enforce_from: null,
  enforce_percent: null,
  authorization_requests: 1_200,
  methods: { S256: 1_199, plain: 0, none: 1 },
  codes_bound: 1_000,
  codes_redeemed: 990,
  violations: {},
  last_violation: null,
  redirect_uris: [],
  redirect_uris_listed: false,
  shared_place: null,
  needs_store: false,
  sees_verifiers: true,
  verdict: 'ready',
  ...more,
});

const NOW = Date.parse('2026-11-22T14:37:00Z');
const of = (clients: readonly ReportedClient[], more: Partial<Report> = {}): Report => ({
  clients,
  now: NOW,
  filter: undefined,
  seenBy: undefined,
  ...more,
});

const EVIL = [
  '=1+1',
  '@SUM(A1)',
  '-2',
  '+cmd|calc',
  '\t=1',
  '＝1',
  'a"b',
  'a,b',
  'a: b #c',
  '007',
  'null',
  '~',
  '<b>',
  "it's",
  '? x',
  '- y',
];

describe('table', () => {
  test('columns are aligned, the verdict comes last, and an incomplete share is not 100%', () => {
    const broken = client('legacy', {
      violations: { challenge_missing: 3 },
      verdict: 'not ready: 3 requests would have been refused',
    });
    expect(renderTable(of([client('portal'), broken])).split('\n')).toEqual([
      'CLIENT  MODE    REQUESTS  S256  CODES  REDEEMED  VIOLATIONS  VERDICT',
      'portal  report     1,200   99%  1,000       99%           0  ready',
      'legacy  report     1,200   99%  1,000       99%           3  not ready: 3 requests would have been refused',
      '',
      'the last 14 days: 1 ready, 0 nearly ready, 1 not ready, 0 no traffic',
    ]);
  });

  test('counts of less than 14 days: since when', () => {
    const summary = (since: string) =>
      renderTable(of([client('a')], { counted_since: since }))
        .split('\n')
        .at(-1);
    expect(summary('2026-11-22T09:30:12.000Z')).toMatch(/^since 2026-11-22 09:30 UTC: 1 ready, /);
    expect(summary('2026-11-09T00:00:00.000Z')).toMatch(/^the last 14 days: 1 ready, /);
  });

  test('with several issuers, each client shows its issuer', () =>
    expect(renderTable(of([client('a'), client('b', { issuer: 'partner' })]))).toMatch(
      /^ISSUER {3}CLIENT .*\ncorp {5}a .*\npartner {2}b /,
    ));

  test('without clients: since when, or that the options match none', () => {
    const unlisted = client('_unlisted', { listed: false, verdict: 'no traffic' });
    const since = '2026-11-22T09:30:12.000Z';
    expect(renderTable(of([unlisted], { counted_since: since }))).toBe(
      'No client has been seen since 2026-11-22 09:30 UTC, and none is configured. A client without an entry appears once it has logged in through the gateway.',
    );
    expect(renderTable(of([]))).toMatch(/^No client has been seen, and none/);
    expect(renderTable(of([], { filter: '--client portl' }))).toMatch(/^No client matches --client portl\. /);
  });

  test('no name moves the cursor, reverses the line or exceeds the length limit', () => {
    const text = renderTable(
      of([client('a\u001b[2J\u202eb\n', { mode: 'report\u001b[2J' }), client('x'.repeat(300))]),
    );
    expect(text).not.toContain('\u001b');
    expect(text).toContain('a\\u{1b}[2J\\u{202e}b\\u{a}');
    expect(text).toContain(`${'x'.repeat(39)}…`);
  });
});

describe('csv', () => {
  test('no text is a formula for a spreadsheet, and every text is one cell', () => {
    const lines = renderCsv(of(EVIL.map((name) => client(name, { owner: name })))).split('\r\n');
    expect(lines).toHaveLength(EVIL.length + 1);
    for (const [i, name] of EVIL.entries()) {
      const cells = parseCsvLine(lines[i + 1] ?? '');
      expect(cells).toHaveLength(15);
      expect(cells[1]?.replace(/^'(?=[\s=+\-@＝])/, '')).toBe(name);
      expect(cells[1]).not.toMatch(/^\s*[=+\-@＝]/);
    }
  });

  test('numbers stay numbers, reasons are in one cell', () => {
    const row = renderCsv(
      of([
        client('portal', {
          violations: { challenge_missing: 3, code_replayed: 1 },
          last_violation: { at: '2026-11-22T10:00:00.000Z', reason: 'code_replayed' },
          verdict: 'not ready: one, two',
        }),
      ]),
    ).split('\r\n')[1];
    expect(row).toBe(
      'corp,portal,,report,1200,1199,0,1,1000,990,4,challenge_missing: 3; code_replayed: 1,2026-11-22T10:00:00.000Z code_replayed,"not ready: one, two",',
    );
  });
});

describe('yaml', () => {
  /** No client_id with a control character can get here. */
  const IDS = EVIL.filter((name) => !name.includes('\t'));

  test('is accepted by the gateway: ready clients are enforced in a week, all others reported', async () => {
    const text = renderEntries(
      of([
        client('portal'),
        client('legacy', { verdict: 'not ready: 3 requests\nclients: {evil: {mode: off}}' }),
        client('partner-app', { issuer: 'partner', verdict: 'no traffic' }),
        client('done', { mode: 'enforce' }),
        client('ignored', { mode: 'off' }),
        client('mobile-*'),
        client('new-here', { listed: false }),
        client('evil-*', { listed: false }),
        client('_unlisted', { listed: false }),
        ...IDS.map((name) => client(name)),
      ]),
    );
    const withUpstreams = text.replaceAll(
      /^ {2}- name: (\S+)$/gm,
      '$&\n    upstream: {url: "https://$1.internal"}\n    hosts: [$1]',
    );
    const result = await parseConfig(withUpstreams, 'gateway.yaml', { env: {} });
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const [corp, partner] = result.config.issuers.map(({ clients }) =>
      Object.fromEntries(
        clients.listed.map(([name, { mode, enforceFrom }]) => [name, { mode, enforceFrom }]),
      ),
    );
    const inAWeek = { mode: 'enforce', enforceFrom: Date.parse('2026-11-29T14:00:00Z') };
    expect(corp).toEqual({
      portal: inAWeek,
      legacy: { mode: 'report' },
      'mobile-*': inAWeek,
      'new-here': inAWeek,
      ...Object.fromEntries(IDS.map((name) => [name, inAWeek])),
    });
    expect(partner).toEqual({ 'partner-app': { mode: 'report' } });
  });

  test('looks hand-written', () =>
    expect(
      renderEntries(
        of([
          client('portal', { redirect_uris: ['https://app.example.com/cb', 'http://127.0.0.1/cb'] }),
          client('legacy', {
            verdict: 'not ready: no PKCE',
            redirect_uris: ['https://old.example.com/cb'],
            redirect_uris_listed: true,
          }),
        ]),
      ),
    ).toBe(
      `# pkce-gateway report, 2026-11-22: 1 of 2 clients in report mode without a date are ready.
# Put these entries under \`clients\` of their issuers. If a client already has an entry, add these lines to it, in place of its own \`mode\`.
# The redirect_uris received codes in the last 14 days: remove those that do not belong to the client.

issuers:
  - name: corp
    clients:
      # ready: 1200 requests, 990 codes redeemed
      portal:
        mode: enforce
        enforce_from: 2026-11-29T14:00:00Z
        redirect_uris:
          - https://app.example.com/cb
          - http://127.0.0.1/cb
      # not ready: no PKCE
      legacy:
        mode: report`,
    ));

  test('a redirect URI that no entry can list is a comment, and its client stays in report', () => {
    const uris = ['https://app.example.com/cb', 'https://app.example.com/#/cb'];
    expect(renderEntries(of([client('hash', { redirect_uris: uris })]))).toContain(`
      # ready: 1200 requests, 990 codes redeemed
      # redirect_uris cannot list https://app.example.com/#/cb: must not have a fragment (RFC 6749 3.1.2)
      hash:
        mode: report
        redirect_uris:
          - https://app.example.com/cb`);
  });

  test('a client with a date keeps it, and the table shows it', () => {
    const shop = client('shop', { enforce_from: '2027-01-15T00:00:00.000Z' });
    expect(renderEntries(of([shop]))).toMatch(/^# .*: 0 of 0 clients [^\n]*$/);
    expect(renderTable(of([shop]))).toMatch(/^shop {4}report until 2027-01-15 /m);
  });

  test('without clients is a comment', () =>
    expect(renderEntries(of([client('done', { mode: 'enforce' })]))).toBe(
      '# pkce-gateway report, 2026-11-22: 0 of 0 clients in report mode without a date are ready.',
    ));
});

describe('not a response of /api/clients', () => {
  test.each([
    ['no JSON', '<html>'],
    ['null', 'null'],
    ['other JSON', '{"status":"ok"}'],
    ['a client without a verdict', JSON.stringify({ clients: [{ ...client('a'), verdict: undefined }] })],
    ['an invalid count', JSON.stringify({ clients: [{ ...client('a'), codes_bound: '=1' }] })],
  ])('%s', (_, text) => expect(parseReportedClients(text)).toBeUndefined());

  test('additions of later versions are accepted', () => {
    const clients = [{ ...client('a'), more: 1 }];
    expect(parseReportedClients(JSON.stringify({ clients, more: 2 }))).toEqual({ clients });
  });
});

/** Reads RFC 4180 as a spreadsheet does. */
function parseCsvLine(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare]) =>
    quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'),
  );
}
