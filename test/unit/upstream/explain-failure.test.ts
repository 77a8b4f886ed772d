import { expect, test } from 'vitest';
import { DiscoveryFault } from '../../../src/upstream/discovery.ts';
import { explainFailure, toUpstreamFault } from '../../../src/upstream/upstream-fault.ts';

const RAW =
  '80DB:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:tlsany_meth.c:77:';

test.each([
  [
    'ENOTFOUND',
    'cannot be reached: there is no such host name (ENOTFOUND); correct the host name in `upstream.url`',
  ],
  [
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'does not speak TLS on that port (ERR_SSL_WRONG_VERSION_NUMBER); correct the scheme',
  ],
  [
    'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
    'the TLS handshake failed (ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE); check that',
  ],
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'signed by itself (DEPTH_ZERO_SELF_SIGNED_CERT); set `upstream.tls.ca_file`',
  ],
  [
    'UND_ERR_SOCKET',
    'broke off: it closed the connection without an answer (UND_ERR_SOCKET); check the scheme',
  ],
  ['UND_ERR_HEADERS_TIMEOUT', 'did not answer in time: UND_ERR_HEADERS_TIMEOUT; check its load'],
  ['UND_ERR_HEADERS_OVERFLOW', 'are too large (UND_ERR_HEADERS_OVERFLOW); shorten them: cookies'],
  ['ERR_ASSERTION', 'not those of HTTP (ERR_ASSERTION); check what listens there'],
  ['EMFILE', 'cannot be reached: EMFILE; `pkce-gateway doctor` tries each step'],
  [undefined, 'the upstream cannot be reached; `pkce-gateway doctor` tries each step'],
])('%s: what happened and what to do, and no text of a library', (code, says) => {
  const fault = toUpstreamFault(Object.assign(new Error(RAW), { code }));
  expect(explainFailure(fault)).toContain(says);
  expect(explainFailure(fault)).toContain(fault.message);
  expect(explainFailure(fault)).not.toContain('SSL routines');
});

test('a discovery fault has its own text', () => {
  expect(explainFailure(new DiscoveryFault(['/x answered 404']))).toMatch(
    /\(\/x answered 404\); say where it is/,
  );
});
