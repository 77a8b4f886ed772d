import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { readFencedBlocks } from '../docs/fenced-blocks.ts';
import { listen } from '../support/listener.ts';
import { startGatewayProcess } from '../support/process.ts';
import { startRedis } from '../support/redis-server.ts';
import { readBody } from '../support/request-log.ts';
import { SimpleClient, send } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';

/** Starting processes takes seconds while many tests run. */
vi.setConfig({ testTimeout: 90_000 });

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
  readonly events?: readonly { readonly name: string }[];
};

/** An OpenTelemetry collector, over HTTP with JSON. */
async function startCollector() {
  const texts: string[] = [];
  const server = await listen(
    createServer(async (request, response) => {
      texts.push((await readBody(request)).toString());
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    }),
  );
  const spans = (): Span[] =>
    texts.flatMap((text) =>
      JSON.parse(text).resourceSpans.flatMap(({ scopeSpans }: { scopeSpans: { spans: Span[] }[] }) =>
        scopeSpans.flatMap((scope) => scope.spans),
      ),
    );
  return { ...server, texts, spans };
}

const attributesOf = ({ attributes }: Span) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

test.each([1, 2])(
  'docs/tracing.md: a login is traced from its caller to the upstream (workers: %i)',
  async (workers) => {
    // Below node_modules, the packages resolve as in their own folder.
    const directory = await mkdtemp(join(ROOT, 'node_modules/.tracing-'));
    const page = readFencedBlocks(await readFile(join(ROOT, 'docs/tracing.md'), 'utf8'));
    const registration = page.find(({ language }) => language === 'js')?.text ?? '';
    await writeFile(join(directory, 'tracing.mjs'), registration);
    await using upstream = await startScriptedLegacyServer();
    await using redis = await startRedis();
    await using collector = await startCollector();
    const config = join(directory, 'gateway.yaml');
    await writeFile(
      config,
      `
listen: {address: 127.0.0.1:0}
admin: {address: 127.0.0.1:0}
workers: ${workers}
log: {requests: true}
${redis.store}
issuers:
  - name: corp
    upstream: {url: "${upstream.url}"}
    clients: {spa: {}}
`,
    );
    await using gateway = await startGatewayProcess(['serve', '--config', config], {
      env: {
        NODE_OPTIONS: `--import=${join(directory, 'tracing.mjs')}`,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        TRACED_SHARE: '1',
      },
    });
    const client = new SimpleClient(gateway.url);
    const headers = { traceparent: `00-${TRACE_ID}-${CALLER}-01` };
    const asked = client.authorizeUrl();
    const answer = await send(asked, { headers });
    const code = new URL(answer.headers.location ?? '').searchParams.get('code') ?? '';
    expect((await client.redeem(code)).status).toBe(200);
    expect((await client.redeem(code)).status).toBe(400);

    const named = (name: string) => collector.spans().filter((span) => span.name === name);
    await vi.waitFor(() => expect(named('POST token')).toHaveLength(2), 30_000);
    const [authorization] = named('GET authorization') as [Span];
    expect(authorization).toMatchObject({ traceId: TRACE_ID, parentSpanId: CALLER, kind: 2 });
    expect(attributesOf(authorization)).toMatchObject({
      'http.request.method': 'GET',
      'http.response.status_code': expect.anything(),
      'url.path': '/oauth2/authorize',
      'pkce_gateway.issuer': 'corp',
      'pkce_gateway.client': 'spa',
    });
    const children = collector.spans().filter(({ parentSpanId }) => parentSpanId === authorization.spanId);
    expect(children.map(({ name, kind }) => `${kind} ${name}`)).toEqual(
      expect.arrayContaining(['3 GET', expect.stringMatching(/^3 store /)]),
    );

    // The upstream continues the trace as a child of the gateway's request.
    const sent = children.find(({ name }) => name === 'GET') as Span;
    const [received] = upstream.requests.to('/oauth2/authorize');
    expect(received?.headers['traceparent']).toBe(`00-${TRACE_ID}-${sent.spanId}-01`);

    // The redemptions began new traces, and the refused one has an event.
    const redemptions = named('POST token');
    expect(new Set([TRACE_ID, ...redemptions.map(({ traceId }) => traceId)]).size).toBe(3);
    expect(redemptions.flatMap(({ events = [] }) => events.map(({ name }) => name))).toEqual([
      'pkce_gateway.violation',
    ]);
    const refused = redemptions.find(({ events = [] }) => events.length > 0);
    const line = JSON.parse(await gateway.waitForLine(/"event":"refusal"/));
    expect(line.trace_id).toBe(refused?.traceId);
    const request = JSON.parse(await gateway.waitForLine(/"event":"request".*"endpoint":"authorization"/));
    expect(request).toMatchObject({
      trace_id: TRACE_ID,
      request_id: attributesOf(authorization)['pkce_gateway.request_id'],
    });

    const exported = collector.texts.join('\n');
    for (const secret of [
      code,
      client.pair.verifier,
      client.pair.challenge,
      asked.searchParams.get('state') ?? '-',
    ])
      expect(exported).not.toContain(secret);
    expect(await gateway.stop()).toBe(0);
    await rm(directory, { recursive: true });
  },
);

test('without an SDK, the trace context is forwarded unchanged', async () => {
  await using upstream = await startScriptedLegacyServer();
  await using gateway = await startGatewayProcess([
    ...['serve', '--upstream', upstream.url],
    ...['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'],
  ]);
  const headers = { traceparent: `00-${TRACE_ID}-${CALLER}-01`, tracestate: 'a=b' };
  await send(new SimpleClient(gateway.url).authorizeUrl(), { headers });
  expect(upstream.requests.to('/oauth2/authorize')[0]?.headers).toMatchObject(headers);
});
