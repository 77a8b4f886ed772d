/** The issuer and client of an event. */
export type Subject = {
  readonly issuer: string;
  /** The configured entry, or `_unlisted`. */
  readonly client: string;
  /** The client_id of the request or its flow. */
  readonly clientId: string | undefined;
};
