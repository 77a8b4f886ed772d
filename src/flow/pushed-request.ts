/** What is remembered of a pushed authorization request (RFC 9126) under its request_uri: for whom it is good. */
export type PushedRequest = {
  readonly clientId: string;
  /** What the placeholders of the endpoint's path took. */
  readonly scope: string;
};
