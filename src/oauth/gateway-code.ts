/** Every code that a client gets in place of the upstream's (`wrap_codes`) begins so. */
export const GATEWAY_CODE_START = 'pgc_';
/** Behind it stand 256 random bits in base64url. */
const WHOLE = /^pgc_[\w-]{43}$/;
const WITHIN = /pgc_[\w-]{43}/i;

/** Whether a text has the form of a code that the gateway makes. Answered without the store. */
export function isGatewayCode(code: string): boolean {
  return WHOLE.test(code);
}

/** Whether one stands somewhere in a text, in whichever case. */
export function holdsGatewayCode(text: string): boolean {
  return WITHIN.test(text);
}
