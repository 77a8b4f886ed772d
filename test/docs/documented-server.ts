import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { EndpointPaths } from '../../src/config/config.ts';
import { compilePathPattern } from '../../src/http/path-pattern.ts';
import { type Listener, listen } from '../support/listener.ts';
import { readBody, recordRequest } from '../support/request-log.ts';

/**
 * A server with the documented paths of a product, without PKCE support, and with the name https://login.example.com. It
 * logs everybody in at once.
 */
export async function startDocumentedServer(paths: EndpointPaths): Promise<Listener> {
  const codes = new Set<string>();
  const server = createServer(async (req, res) => {
    const request = recordRequest(req, (await readBody(req)).toString());
    const is = (patterns: readonly string[]) =>
      patterns.some((pattern) => compilePathPattern(pattern).match(request.path) !== undefined);
    const json = (status: number, body: object) =>
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (is(paths.metadata)) return json(200, metadataOf(paths, request.path));
    if (is(paths.token)) {
      const known = codes.delete(request.form.get('code') ?? '');
      return json(known ? 200 : 400, known ? { access_token: randomUUID() } : { error: 'invalid_grant' });
    }
    if (is(paths.pushedAuthorization))
      return json(201, { request_uri: `urn:x:${randomUUID()}`, expires_in: 60 });
    if (!is(paths.authorization)) return json(404, {});
    const code = randomUUID();
    codes.add(code);
    const location = new URL(request.query.get('redirect_uri') ?? '');
    location.searchParams.set('code', code);
    location.searchParams.set('state', request.query.get('state') ?? '');
    return res.writeHead(302, { location: location.href }).end();
  });
  return listen(server);
}

function metadataOf(paths: EndpointPaths, path: string): object {
  const base = 'https://login.example.com';
  // The same realm in every endpoint with a realm.
  const realm = paths.metadata.map((pattern) => compilePathPattern(pattern).match(path)?.realm).find(Boolean);
  const patternFor = (patterns: readonly string[]) =>
    patterns.find((pattern) => pattern.includes('{') === (realm !== undefined)) ??
    patterns.find((pattern) => !pattern.includes('{'));
  const urlOf = (patterns: readonly string[]) => {
    const pattern = patternFor(patterns);
    return pattern && base + pattern.replace(/\{\w+\}/, realm ?? '');
  };
  return {
    issuer: base + path.replace('/.well-known/openid-configuration', ''),
    authorization_endpoint: urlOf(paths.authorization),
    token_endpoint: urlOf(paths.token),
    pushed_authorization_request_endpoint: urlOf(paths.pushedAuthorization),
    response_types_supported: ['code'],
  };
}
