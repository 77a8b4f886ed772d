/** A client for all test upstreams, independent of their library. */
export type TestClient = {
  readonly clientId: string;
  /** Absent: a public client. */
  readonly clientSecret?: string;
  readonly authMethod: 'none' | 'client_secret_basic' | 'client_secret_post';
  readonly redirectUris: readonly string[];
  /** Further client metadata with the names of RFC 7591, for servers that support it. */
  readonly metadata?: Readonly<Record<string, unknown>>;
};

/** One client of each kind of authentication. */
export function testClients(...redirectUris: string[]): {
  publicClient: TestClient;
  basicClient: TestClient;
  postClient: TestClient;
} {
  return {
    publicClient: { clientId: 'spa-portal', authMethod: 'none', redirectUris },
    basicClient: {
      clientId: 'web-basic',
      // Needs percent-encoding in Basic credentials (RFC 6749 2.3.1), which many clients omit.
      clientSecret: 'basic secret+with/odd:characters%',
      authMethod: 'client_secret_basic',
      redirectUris,
    },
    postClient: {
      clientId: 'web-post',
      clientSecret: 'post-secret',
      authMethod: 'client_secret_post',
      redirectUris,
    },
  };
}
