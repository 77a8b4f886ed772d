import { describe, expect, test } from 'vitest';
import type { MetricSamples } from '../support/metric-samples.ts';
import type { Answer } from '../support/simple-client.ts';
import { type AuditedStage, expectNoLeaks, openAudited } from './audited-stage.ts';
import { REFUSAL_CASES } from './refusals/all-cases.ts';
import { expectedError, expectedStatus, type RefusalCase, stageFor } from './refusals/refusal-case.ts';
import { REDIRECT_URI } from './stage.ts';

const ENFORCED = REFUSAL_CASES.filter(([, { reportOnly }]) => reportOnly !== true);
const REPORTED = REFUSAL_CASES.filter(([, { reported }]) => reported !== 'never');
const FOR_BROWSERS = ENFORCED.filter(([, { endpoint }]) => endpoint !== 'token');

/** Reasons without detail. For all others, log and audit stream say what broke the rule. */
const SAYS_IT_ALL =
  /_missing$|^(challenge|verifier|code)_|^attempts_exceeded$|^body_too_large$|^request_uri_unknown$|^client_mismatch$|^response_ambiguous$/;

/** RFC 6749 4.1.2.1 and 5.2. */
const DESCRIPTION = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/;

describe('the table', () => {
  test('has every reason', () => {
    const reasons = (...endpoints: string[]) =>
      new Set(REFUSAL_CASES.filter(([, c]) => endpoints.includes(c.endpoint)).map(([, c]) => c.reason));
    const ofAnyMessage = `client_id_ambiguous parameter_repeated parameter_malformed content_type_not_allowed
      content_encoding_not_allowed http_method_not_allowed body_too_large path_ambiguous`.split(/\s+/);
    expect([...reasons('authorization')].sort()).toEqual(
      `client_id_missing client_unknown challenge_missing challenge_malformed method_not_allowed
      response_type_not_allowed response_mode_not_allowed redirect_uri_not_allowed request_object_not_allowed
      request_uri_unknown parameter_conflict`
        .split(/\s+/)
        .concat(ofAnyMessage)
        .sort(),
    );
    expect([...reasons('authorization_response')].sort()).toEqual(
      'flow_unknown redirect_target_mismatch response_ambiguous'.split(' '),
    );
    expect([...reasons('token')].sort()).toEqual(
      `verifier_missing verifier_malformed verifier_mismatch verifier_unexpected code_missing code_unknown
      code_expired code_replayed attempts_exceeded client_mismatch redirect_uri_mismatch grant_type_not_allowed
      parameter_in_query`
        .split(/\s+/)
        .concat(ofAnyMessage)
        .sort(),
    );
  });
});

describe('in enforce, refused, and nothing secret is revealed', () => {
  test.each(ENFORCED)('%s', async (_, refusal) => {
    await using stage = await openAudited({ ...stageFor(refusal), mode: 'enforce' });
    const { answer, ...seen } = await play(stage, refusal);

    expect(answer.status).toBe(expectedStatus(refusal));
    const requestId = expectOwnHeaders(answer, refusal);
    if (refusal.reply === 'json') expectTokenError(answer, refusal);
    else if (refusal.reply === 'page') expectPage(answer, refusal, requestId);
    else expectErrorRedirect(answer, refusal, stage.state);

    expectOneViolation(seen, refusal, requestId, { counted: 'rejections_total', event: 'refusal' });
    expect(seen.after.value('report_only_violations_total')).toBe(0);
    if (refusal.endpoint === 'authorization_response') expect(stage.upstream.tokenRequests).toEqual([]);
    else expect(seen.upstreamRequests).toEqual([]);
  });
});

describe('in enforce, shown to a user of a client without configured redirect_uri', () => {
  test.each(FOR_BROWSERS.filter(([, c]) => c.reply !== 'page'))('%s', async (_, refusal) => {
    await using stage = await openAudited({ ...stageFor(refusal), mode: 'enforce', actor: 'open' });
    const page: RefusalCase = { ...refusal, reply: 'page' };
    const { answer, ...seen } = await play(stage, page);
    const requestId = expectOwnHeaders(answer, page);
    expectPage(answer, page, requestId);
    expectOneViolation(seen, page, requestId, {
      counted: 'rejections_total',
      event: 'refusal',
      actor: 'open',
    });
  });
});

describe('in enforce, in JSON for clients that accept only that', () => {
  test.each(FOR_BROWSERS)('%s', async (_, refusal) => {
    const actor = refusal.reply === 'page' ? 'spa' : 'open';
    const options = { ...stageFor(refusal), mode: 'enforce', actor, accept: 'application/json' } as const;
    await using stage = await openAudited(options);
    const { answer } = await play(stage, refusal);
    const requestId = expectOwnHeaders(answer, refusal);
    expect(answer.status).toBe(expectedStatus({ ...refusal, reply: 'page' }));
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.json).toEqual({
      error: expectedError(refusal),
      error_description: expect.stringMatching(DESCRIPTION),
      reason: refusal.reason,
      request_id: requestId,
    });
  });
});

describe('in report, counted and forwarded, and nothing secret is revealed', () => {
  test.each(REPORTED)('%s', async (_, refusal) => {
    await using stage = await openAudited({ ...stageFor(refusal), mode: 'report' });
    const { answer, ...seen } = await play(stage, refusal);

    expect(answer.status).toBe(refusal.reported);
    expect(answer.headers['referrer-policy']).toBeUndefined();
    expect(seen.upstreamRequests).toHaveLength(1);
    if (refusal.reported === 302) expect(answer.location?.href).toContain('code=');
    expectOneViolation(seen, refusal, expect.any(String), {
      counted: 'report_only_violations_total',
      event: 'report_only_violation',
    });
    expect(seen.after.value('rejections_total')).toBe(0);
  });
});

type Seen = {
  readonly before: MetricSamples;
  readonly after: MetricSamples;
  /** Upstream requests and log lines since the judged request. */
  readonly upstreamRequests: readonly unknown[];
  readonly logLines: readonly Readonly<Record<string, unknown>>[];
};

/** Acts, and expects that nothing secret is written anywhere. */
async function play(stage: AuditedStage, refusal: RefusalCase): Promise<Seen & { readonly answer: Answer }> {
  const code = (await refusal.setUp?.(stage)) ?? '';
  const before = await stage.gateway.metrics();
  const asked = stage.upstream.requests.all.length;
  const logged = stage.gateway.logLines.length;
  const answer = await refusal.act(stage, code);
  await expectNoLeaks(stage, answer.headers['referrer-policy'] === undefined ? [] : [answer.text]);
  return {
    answer,
    before,
    after: await stage.gateway.metrics(),
    upstreamRequests: stage.upstream.requests.all.slice(asked),
    logLines: stage.gateway.logLines.slice(logged),
  };
}

/** Returns the request id. */
function expectOwnHeaders({ headers }: Answer, { allow }: RefusalCase): string {
  expect(headers['cache-control']).toBe('no-store');
  expect(headers.allow).toBe(allow);
  expect(headers['x-request-id']).toMatch(/^[\w-]{16,}$/);
  return String(headers['x-request-id']);
}

function expectTokenError({ headers, json }: Answer, refusal: RefusalCase): void {
  expect(headers['content-type']).toBe('application/json');
  expect(json).toEqual({
    error: expectedError(refusal),
    error_description: expect.stringMatching(DESCRIPTION),
    reason: refusal.reason,
    request_id: headers['x-request-id'],
  });
}

function expectPage(
  { status, headers, text, location }: Answer,
  refusal: RefusalCase,
  requestId: string,
): void {
  expect(status).toBe(expectedStatus(refusal));
  expect(location).toBeUndefined();
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(text).toContain(refusal.reason);
  expect(text).toContain(requestId);
}

function expectErrorRedirect({ location }: Answer, refusal: RefusalCase, state: string): void {
  expect(`${location?.origin}${location?.pathname}`).toBe(REDIRECT_URI);
  const inFragment = refusal.reply === 'fragment';
  const { search = '', hash = '' } = location ?? {};
  expect(inFragment ? search : hash).toBe('');
  expect(Object.fromEntries(new URLSearchParams((inFragment ? hash : search).slice(1)))).toEqual({
    error: expectedError(refusal),
    error_description: expect.stringMatching(DESCRIPTION),
    state,
  });
}

function expectOneViolation(
  { before, after, logLines }: Seen,
  refusal: RefusalCase,
  requestId: unknown,
  how: { readonly counted: string; readonly event: string; readonly actor?: string },
): void {
  const { reason, endpoint } = refusal;
  const actor = how.actor ?? 'spa';
  const lines = logLines.filter((line) => line.event === how.event);
  const unclear = lines[0]?.client === actor ? actor : '_unlisted';
  const client = refusal.client === 'unclear' ? unclear : (refusal.client ?? actor);
  const labels = { issuer: 'corp', client, endpoint, reason };
  expect(lines).toEqual([expect.objectContaining({ ...labels, request_id: requestId })]);
  if (!SAYS_IT_ALL.test(reason)) expect(lines[0]?.detail, reason).toEqual(expect.stringMatching(/./));
  expect(after.value(how.counted, labels) - before.value(how.counted, labels)).toBe(1);
  expect(after.value(how.counted) - before.value(how.counted)).toBe(1);
}
