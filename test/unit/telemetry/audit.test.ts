import { describe, expect, test } from 'vitest';
import { buildAuditRecord } from '../../../src/telemetry/audit.ts';
import { printableViolation, type Violation } from '../../../src/telemetry/violation.ts';

const VIOLATION: Violation = {
  issuer: 'corp',
  client: 'agent-*',
  clientId: 'agent-7',
  endpoint: 'token',
  reason: 'verifier_mismatch',
  mode: 'enforce',
  requestId: '2b1e',
  clientAddress: '203.0.113.77',
  userAgent: 'curl/8',
};
const recordOf = (violation: Partial<Violation>, address: 'full' | 'truncated' | 'none' = 'full') =>
  buildAuditRecord({ ...VIOLATION, ...violation }, address, Date.UTC(2027, 0, 15));

test('names client, event, time and reason', () => {
  expect(JSON.parse(recordOf({}))).toEqual({
    schema: 'pkce-gateway/audit/1',
    time: '2027-01-15T00:00:00.000Z',
    event: 'refusal',
    issuer: 'corp',
    client: 'agent-*',
    client_id: 'agent-7',
    endpoint: 'token',
    reason: 'verifier_mismatch',
    detail: null,
    mode: 'enforce',
    request_id: '2b1e',
    client_address: '203.0.113.77',
    user_agent: 'curl/8',
  });
  expect(JSON.parse(recordOf({ mode: 'report', clientId: undefined, userAgent: undefined }))).toMatchObject({
    event: 'report_only_violation',
    client_id: null,
    user_agent: null,
  });
});

test('is one line, for any input, and fits into one write', () => {
  const nasty = '\n\r\u2028\u2029\u0085\u001b[2J"\\\ud800\0'.repeat(1_000);
  const violation = { ...VIOLATION, clientId: nasty, userAgent: nasty, detail: nasty, clientAddress: nasty };
  const line = recordOf(printableViolation(violation));
  expect(line).toMatch(/^\{[^\p{C}\p{Zl}\p{Zp}]*\}\n$/u);
  expect(Buffer.byteLength(line)).toBeLessThan(4096);
  const { client_id, client_address } = JSON.parse(line);
  expect(client_id).toMatch(/^\\u000a\\u000d\\u2028.*…$/);
  expect(client_id).toHaveLength(200);
  expect(client_address).toBeNull();
});

describe('the address', () => {
  test.each([
    ['203.0.113.77', '203.0.113.0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
    ['2001:0DB8:0001::7', '2001:db8:1::'],
    ['2001:db8::7', '2001:db8:0::'],
    ['1::2:3:4:5:6:7', '1:0:2::'],
    ['::1', '0:0:0::'],
    ['::', '0:0:0::'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0::'],
    ['fe80::1%eth0', 'fe80:0:0::'],
    ['not an address', null],
    ['', null],
  ])('%s, truncated, is %s', (clientAddress, expected) => {
    expect(JSON.parse(recordOf({ clientAddress }, 'truncated')).client_address).toBe(expected);
    expect(JSON.parse(recordOf({ clientAddress }, 'none')).client_address).toBeNull();
  });
});
