/** The response modes that the gateway can follow (OAuth 2.0 Multiple Response Types 2.1, Form Post, JARM 2.3). */
export const FOLLOWED_RESPONSE_MODES = [
  'query',
  'fragment',
  'form_post',
  'jwt',
  'query.jwt',
  'fragment.jwt',
  'form_post.jwt',
  'web_message',
] as const;

/** Whether the gateway can follow a response mode; `undefined`: the default of the response type, a redirect. */
export function isFollowedMode(responseMode: string | undefined): boolean {
  const modes: readonly string[] = FOLLOWED_RESPONSE_MODES;
  return responseMode === undefined || modes.includes(responseMode);
}

/** Whether the response is a signed JWT (JARM), in which nothing can be changed. */
export function isJwtMode(responseMode: string | undefined): boolean {
  return responseMode === 'jwt' || responseMode?.endsWith('.jwt') === true;
}
