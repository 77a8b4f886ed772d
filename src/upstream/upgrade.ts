import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyServer, type ServerOptions } from 'http-proxy-3';
import type { UpstreamClient } from './upstream-client.ts';

export type UpgradeProxy = {
  /** Takes a WebSocket upgrade to the upstream. `headers`: flat names and values, already cleaned. */
  forward(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    headers: readonly string[],
    upstream: UpstreamClient,
  ): void;
};

/** WebSocket upgrades, by http-proxy-3. `onFault` hears of an upstream that did not take one. */
export function createUpgradeProxy(onFault: (request: IncomingMessage, error: Error) => void): UpgradeProxy {
  const proxy = createProxyServer({ ws: true });
  proxy.on('error', (error, request, socket) => {
    onFault(request, error);
    (socket as Socket).destroy();
  });
  return {
    forward(request, socket, head, headers, upstream) {
      const { tls, timeouts } = upstream.config;
      const cleaned: IncomingMessage['headers'] = {};
      for (let i = 0; i < headers.length; i += 2)
        cleaned[(headers[i] as string).toLowerCase()] = headers[i + 1];
      // The two that make an upgrade are hop-by-hop, so that cleaning took them away (RFC 9110 7.8).
      request.headers = { ...cleaned, connection: 'Upgrade', upgrade: 'websocket' };
      const options = {
        target: upstream.config.origin,
        connectTimeout: timeouts.connect,
        secure: tls?.insecureSkipVerify !== true,
        ssl: { ca: tls?.ca, cert: tls?.cert, key: tls?.key, servername: upstream.serverName },
      } as ServerOptions;
      proxy.ws(request, socket, head, options);
    },
  };
}
