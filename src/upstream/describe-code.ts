/** The meaning of a socket, DNS, certificate or OpenSSL error code, with the code. */
export function describeCode(code: string): string {
  const [what] = meaningOf(code) ?? [];
  return what === undefined ? code : `${what} (${code})`;
}

/** What to do about an error code. */
export function adviceOn(code: string | undefined): string | undefined {
  return code === undefined ? undefined : meaningOf(code)?.[1];
}

function meaningOf(code: string): Meaning | undefined {
  return MEANINGS[code] ?? (code.startsWith('ERR_SSL_') ? HANDSHAKE : undefined);
}

type Meaning = readonly [what: string, advice: string];

const ROUTE: Meaning = ['there is no route to it', 'check the network between this machine and the server'];
const SILENCE: Meaning = [
  'nothing answers at that address',
  'correct `upstream.url`, or open the port in the firewall',
];
const CLOSED: Meaning = [
  'it closed the connection without an answer',
  'check the scheme (http or https) and the port of `upstream.url`, and whether it requires a client certificate (`upstream.tls.cert_file`)',
];
const AUTHORITY: Meaning = [
  'its certificate is from an authority that is not known here',
  'set `upstream.tls.ca_file` (`--ca FILE`) to its certificate authority',
];
const NO_TLS: Meaning = [
  'it does not speak TLS on that port',
  'correct the scheme or the port of `upstream.url`',
];
const OLD_TLS: Meaning = [
  'it and the gateway have no version of TLS in common',
  'enable TLS 1.2 or newer at the server',
];
const HANDSHAKE: Meaning = [
  'the TLS handshake failed',
  'check that this is its TLS port, and whether it requires a client certificate (`upstream.tls.cert_file`)',
];

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOTFOUND: ['there is no such host name', 'correct the host name in `upstream.url`'],
  EAI_AGAIN: ['the name server does not answer', 'check the DNS resolver of this machine'],
  ECONNREFUSED: [
    'nothing listens on that port',
    'start the server, or correct the address in `upstream.url`',
  ],
  ECONNRESET: CLOSED,
  UND_ERR_SOCKET: CLOSED,
  EHOSTUNREACH: ROUTE,
  ENETUNREACH: ROUTE,
  ERR_ASSERTION: ['the first lines of its response are not those of HTTP', 'check what listens there'],
  UND_ERR_HEADERS_OVERFLOW: [
    'the headers of its response are too large',
    'shorten them: cookies are the usual cause',
  ],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: [
    'its response is longer or shorter than it announced',
    'check the server and the proxies in between',
  ],
  ETIMEDOUT: SILENCE,
  UND_ERR_CONNECT_TIMEOUT: SILENCE,
  CERT_HAS_EXPIRED: ['its certificate has expired', 'renew it'],
  CERT_NOT_YET_VALID: [
    'its certificate is not valid yet',
    'check the clocks of this machine and of the server',
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'its certificate is for another name',
    'use a name of its certificate in `upstream.url`',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['its certificate is signed by itself', AUTHORITY[1]],
  SELF_SIGNED_CERT_IN_CHAIN: AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: AUTHORITY,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: OLD_TLS,
  ERR_SSL_UNSUPPORTED_PROTOCOL: OLD_TLS,
};
