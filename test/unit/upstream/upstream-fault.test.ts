import { expect, test } from 'vitest';
import { toUpstreamFault } from '../../../src/upstream/upstream-fault.ts';

test.each([
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout', 504],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout', 504],
  ['UND_ERR_BODY_TIMEOUT', 'timeout', 504],
  ['ETIMEDOUT', 'timeout', 504],
  ['UND_ERR_SOCKET', 'reset', 502],
  ['ECONNRESET', 'reset', 502],
  ['EPIPE', 'reset', 502],
  ['HPE_INVALID_CONSTANT', 'protocol', 502],
  ['UND_ERR_HEADERS_OVERFLOW', 'protocol', 502],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'protocol', 502],
  ['ECONNREFUSED', 'unreachable', 502],
  ['ENOTFOUND', 'unreachable', 502],
  ['CERT_HAS_EXPIRED', 'unreachable', 502],
  [undefined, 'unreachable', 502],
])('%s: %s, %i', (code, kind, status) => {
  const cause = Object.assign(new Error('https://idp.internal/?code=secret'), { code });
  const fault = toUpstreamFault(cause);
  expect(fault).toMatchObject({ kind, status, cause, code: 'upstream_fault', name: 'UpstreamFault' });
  expect(fault.message).not.toContain('secret');
});
