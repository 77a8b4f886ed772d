import type { UpstreamFault } from './upstream-fault.ts';

/** Describes a fault for operators. */
export function describeFault(fault: UpstreamFault): string {
  const { code } = (fault.cause ?? {}) as { code?: unknown };
  const detail = typeof code === 'string' ? code : undefined;
  const meaning = detail === undefined ? undefined : meaningOf(detail);
  return `${fault.message}${meaning === undefined ? '' : `: ${meaning}`}${detail === undefined ? '' : ` (${detail})`}`;
}

/** Explains a code of a socket, of DNS or of OpenSSL to operators. */
export function meaningOf(code: string): string | undefined {
  return MEANINGS[code];
}

const MEANINGS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such host name',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'nothing listens on that port',
  ECONNRESET: 'it broke off',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is from an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is from an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is from an authority that is not known here',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS on that port',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS on that port',
};
