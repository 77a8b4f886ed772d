/** The beginning of every wrapped code. */
export const GATEWAY_CODE_START = 'pgc_';
/** Characters. A code travels in a URL, for which servers and proxies allow 8 KiB. */
export const LONGEST_GATEWAY_CODE = 4096;
/** Base64url: 256 random bits if a store keeps the binding; a sealed code contains the binding itself. */
const WHOLE = /^pgc_[\w-]{43,4092}$/;
const WITHIN = /pgc_[\w-]{43}/i;

/** Whether a text has the form of a gateway code; needs no store. */
export function isGatewayCode(code: string): boolean {
  return WHOLE.test(code);
}

/** Whether a text contains a gateway code, in any case. */
export function holdsGatewayCode(text: string): boolean {
  return WITHIN.test(text);
}
