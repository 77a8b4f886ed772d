import { CODE_FLOW_ENDPOINTS, type MetadataDocument } from './metadata.ts';

export type NamedEndpoint = { readonly name: (typeof CODE_FLOW_ENDPOINTS)[number]; readonly url: URL };

/** The endpoints of the code flow that a metadata document names, as far as they are URLs. */
export function namedEndpoints(document: MetadataDocument): NamedEndpoint[] {
  return CODE_FLOW_ENDPOINTS.flatMap((name) => {
    const value = document[name];
    const url = typeof value === 'string' ? URL.parse(value) : null;
    return url === null ? [] : [{ name, url }];
  });
}
