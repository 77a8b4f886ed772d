import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Provider } from 'oidc-provider';
import { type Listener, listen } from '../listener.ts';
import { type RecordedRequest, RequestLog, readBody, recordRequest } from '../request-log.ts';
import { buildProviderConfiguration } from './oidc-provider/configuration.ts';
import { handleInteraction } from './oidc-provider/interactions.ts';
import type { TestClient } from './test-client.ts';
import { replayRequest, stripPkce, stripPkceFromTarget } from './without-pkce.ts';

export type OidcProviderOptions = {
  readonly clients: readonly TestClient[];
  /**
   * `off` (default): it does not support PKCE and ignores its parameters. `optional`: the library's own behaviour, which
   * verifies a challenge that a client sends, and requires none.
   */
  readonly pkce?: 'off' | 'optional';
  /** `library` (default): for every origin. `off`: without CORS. */
  readonly cors?: 'off' | 'library';
  /** Default: its own URL. With the public URL of a gateway, it is a legacy server that is configured for a proxy. */
  readonly issuer?: string;
  /** `features` of the library: `{pushedAuthorizationRequests: {enabled: true}, jwtResponseModes: …}`. */
  readonly features?: Readonly<Record<string, unknown>>;
  /** Further library configuration, which overrides ours. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly host?: string;
  readonly port?: number;
};

export type OidcProviderServer = Listener & {
  readonly issuer: string;
  readonly requests: RequestLog;
  readonly tokenRequests: RecordedRequest[];
  /** Sets the issuer, for a gateway whose URL is known only after its start. Sessions and codes are lost. */
  useIssuer(issuer: string): void;
};

const CORS_HEADERS = ['origin', 'methods', 'headers'].map((what) => `access-control-allow-${what}`);

/** A real oidc-provider as the legacy server. */
export async function startOidcProvider(options: OidcProviderOptions): Promise<OidcProviderServer> {
  const { pkce = 'off', cors = 'library', host, port } = options;
  const requests = new RequestLog();
  let provider: Provider;
  const server = createServer((req, res) => {
    handle(req, res).catch((cause: unknown) => {
      // The library's errors contain the response for the caller.
      const status = cause instanceof Error && 'statusCode' in cause ? Number(cause.statusCode) : 500;
      if (!res.headersSent) res.writeHead(status, { 'content-type': 'text/plain' });
      res.end(String(cause));
    });
  });

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = (await readBody(req)).toString();
    const request = recordRequest(req, body);
    requests.add(request);
    const isForm = (req.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
    const seen =
      pkce === 'off'
        ? replayRequest(req, stripPkceFromTarget(request.target), isForm ? stripPkce(body) : body)
        : replayRequest(req, request.target, body);
    if (request.path.startsWith('/interaction/')) {
      await handleInteraction(provider, seen, res, request.form);
    } else {
      await provider.callback()(seen, res);
    }
  }

  const listener = await listen(server, host, port);
  const useIssuer = (issuer: string): void => {
    const { clients, features = {}, configuration: extra = {} } = options;
    provider = new Provider(issuer, buildProviderConfiguration({ clients, pkce, features, extra }));
    provider.proxy = true;
    provider.use(async (ctx, next) => {
      await next();
      if (pkce === 'off' && ctx.oidc?.route === 'discovery') {
        delete (ctx.body as Record<string, unknown>).code_challenge_methods_supported;
      }
      if (cors === 'off') for (const name of CORS_HEADERS) ctx.remove(name);
    });
  };
  useIssuer(options.issuer ?? listener.url);

  return {
    ...listener,
    get issuer() {
      return provider.issuer;
    },
    requests,
    get tokenRequests() {
      return requests.to('/token');
    },
    useIssuer,
  };
}
