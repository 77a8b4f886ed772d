import type { ClientRegistry } from '../policy/client-registry.ts';

/** What the activity of an issuer's clients is read with. */
export type ReportedIssuer = {
  readonly name: string;
  readonly config: { readonly upstream: { readonly origin: string } };
  readonly clients: ClientRegistry;
};
