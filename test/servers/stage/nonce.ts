/** Recognisable, so that the comparison of two logins can leave it out. */
export const NONCE = /nonce-[0-9a-f-]{36}/g;

export function newNonce(): string {
  return `nonce-${crypto.randomUUID()}`;
}
