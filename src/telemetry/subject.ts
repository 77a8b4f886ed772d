/** Whose event it is. */
export type Subject = {
  readonly issuer: string;
  /** The configured entry, or `_unlisted`. */
  readonly client: string;
  /** The client_id as the request or its flow has it. */
  readonly clientId: string | undefined;
};
