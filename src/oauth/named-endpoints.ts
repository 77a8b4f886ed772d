import type { MetadataDocument } from './metadata.ts';

/** The endpoints of the code flow, as metadata calls them. */
export const CODE_FLOW_ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'pushed_authorization_request_endpoint',
] as const;

export type NamedEndpoint = { readonly name: (typeof CODE_FLOW_ENDPOINTS)[number]; readonly url: URL };

/** The endpoints of the code flow that a metadata document names, as far as they are URLs. */
export function namedEndpoints(document: MetadataDocument): NamedEndpoint[] {
  return CODE_FLOW_ENDPOINTS.flatMap((name) => {
    const value = document[name];
    const url = typeof value === 'string' ? URL.parse(value) : null;
    return url === null ? [] : [{ name, url }];
  });
}
