/** Every code that a client gets in place of the upstream's (`wrap_codes`) begins so. */
export const GATEWAY_CODE_START = 'pgc_';
/** Characters. A code travels in a URL, for which servers and proxies allow 8 KiB. */
export const LONGEST_GATEWAY_CODE = 4096;
/** Base64url: 256 random bits where a store keeps the binding; a sealed code holds the binding itself. */
const WHOLE = /^pgc_[\w-]{43,4092}$/;
const WITHIN = /pgc_[\w-]{43}/i;

/** Whether a text has the form of a code that the gateway makes. Answered without the store. */
export function isGatewayCode(code: string): boolean {
  return WHOLE.test(code);
}

/** Whether one stands somewhere in a text, in whichever case. */
export function holdsGatewayCode(text: string): boolean {
  return WITHIN.test(text);
}
