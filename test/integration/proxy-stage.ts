import { createServer, type RequestListener } from 'node:http';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { type Listener, listen } from '../support/listener.ts';

export type ProxyOptions = {
  /** YAML of the upstream beside its URL, as in a flow mapping. */
  readonly upstream?: string;
  /** YAML of the issuer beside upstream and endpoints. */
  readonly issuer?: string;
  /** YAML of further endpoints, as in a flow mapping. */
  readonly endpoints?: string;
  /** YAML of `listen` beside its address, as in a flow mapping. */
  readonly listen?: string;
  /** YAML of the top level. */
  readonly top?: string;
};

/** A gateway in front of any server, with configured endpoints, because the server has no metadata. */
export function startProxyTo(
  { url }: Listener,
  { upstream, issuer = '', endpoints, listen = '', top = '' }: ProxyOptions = {},
): Promise<GatewayUnderTest> {
  const settings = upstream === undefined ? '' : `, ${upstream}`;
  const further = endpoints === undefined ? '' : `, ${endpoints}`;
  return startGatewayUnderTest({
    upstream: url,
    issuer: [
      `upstream: {url: "${url}"${settings}}`,
      `endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token]${further}}`,
      issuer,
    ].join('\n'),
    top,
    listen,
    host: '127.0.0.1',
  });
}

/** An upstream with configured behaviour. Like many legacy servers, it has no discovery document. */
export function startUpstream(handle: RequestListener): Promise<Listener> {
  return listen(
    createServer((req, res) => {
      if (req.url?.startsWith('/.well-known/')) res.writeHead(404).end();
      else void handle(req, res);
    }),
  );
}
