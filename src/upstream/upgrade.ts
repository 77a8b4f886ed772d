import type { ClientRequest, IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyServer, type ServerOptions } from 'http-proxy-3';
import { endWith } from '../http/respond.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { toUpstreamFault, UpstreamFault } from './upstream-fault.ts';

export type Upgrade = {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Flat names and values, already cleaned. */
  readonly headers: readonly string[];
  readonly upstream: UpstreamClient;
  /** The client whose share of the connections it uses. */
  readonly client: string;
  /** Called if the upstream does not answer; returns the answer for the client. */
  readonly onFault: (fault: UpstreamFault) => string;
};

/** Forwards WebSocket upgrades to the upstream with http-proxy-3. */
export class UpgradeProxy {
  readonly #proxy = createProxyServer({ ws: true });

  constructor() {
    // For clients that disconnect; upstream faults go to the listener of each call.
    this.#proxy.on('error', (_error, _request, socket) => (socket as Duplex).destroy());
    this.#proxy.on('proxyReqWs', (outgoing, _request, socket, options) => {
      guard(outgoing, socket as Socket, (options as UpgradeOptions).deadline - performance.now());
    });
  }

  forward({ request, socket, head, headers, upstream, client, onFault }: Upgrade): void {
    const { tls, timeouts, origin } = upstream.config;
    const fail = (fault: UpstreamFault) => {
      if (socket.destroyed) return;
      const answer = onFault(fault);
      if (upgraded.has(socket)) socket.destroy();
      else endWith(socket, answer);
    };
    const waiting = setTimeout(() => fail(new UpstreamFault('timeout', undefined)), timeouts.response);
    // Only a socket that is read shows that its client left. No WebSocket client sends data before the response
    // (RFC 6455 4.1).
    const abandon = () => socket.destroy();
    socket
      .once('close', () => clearTimeout(waiting))
      .once('data', abandon)
      .once('end', abandon);
    const { protocol, host, port } = new URL(origin);
    const hostname = upstream.serverName;
    // The two headers of an upgrade are hop-by-hop, so cleaning removed them (RFC 9110 7.8).
    request.headers = { ...groupByName(headers), connection: 'Upgrade', upgrade: 'websocket' };
    const options: UpgradeOptions = {
      // http-proxy-3 reads certificates only in `target`, and the name to check only in `ssl`.
      target: {
        protocol,
        host,
        hostname,
        port: port === '' ? undefined : Number(port),
        ca: tls?.ca,
        cert: tls?.cert,
        key: tls?.key,
      },
      // The judged path: http-proxy-3 would resolve dot segments.
      toProxy: true,
      prependPath: false,
      connectTimeout: timeouts.connect,
      secure: tls?.insecureSkipVerify !== true,
      ssl: {
        ca: tls?.ca,
        cert: tls?.cert,
        key: tls?.key,
        servername: isIP(upstream.serverName) === 0 ? upstream.serverName : '',
      },
      deadline: performance.now() + timeouts.response,
    };
    const slot = upstream.shares.take('other', client, () => {
      clearTimeout(waiting);
      socket.off('data', abandon).off('end', abandon).pause();
      this.#proxy.ws(request, socket, head, options as ServerOptions, (error) => {
        fail(error instanceof UpstreamFault ? error : toUpstreamFault(error));
      });
    });
    if (slot === undefined) fail(new UpstreamFault('busy', undefined));
    else socket.once('close', () => slot.release());
  }
}

type UpgradeOptions = Omit<ServerOptions, 'ssl' | 'target'> & {
  readonly target: object;
  readonly ssl: object;
  /** The deadline of its response, in the time of `performance.now()`. */
  readonly deadline: number;
};

/** Upgraded sockets. */
const upgraded = new WeakSet<Duplex>();

/** Handles what http-proxy-3 leaves to its users between the request and its upgrade. */
function guard(outgoing: ClientRequest, socket: Socket, timeout: number): void {
  const abandon = () => outgoing.destroy();
  socket.once('close', abandon);
  const silence = setTimeout(() => outgoing.destroy(new UpstreamFault('timeout', undefined)), timeout);
  for (const event of ['upgrade', 'close']) outgoing.once(event, () => clearTimeout(silence));
  outgoing.once('upgrade', (_answer, upstreamSocket: Socket) => {
    socket.off('close', abandon);
    upgraded.add(socket);
    endTogether(socket, upstreamSocket);
  });
  // A response that is no upgrade might carry a code, and is not inspected here: only its status is forwarded.
  // http-proxy-3 would forward it completely, by a listener that it adds as soon as this function returns.
  queueMicrotask(() => {
    outgoing.removeAllListeners('response').once('response', (answer: IncomingMessage) => {
      clearTimeout(silence);
      answer.resume();
      endWith(
        socket,
        `HTTP/1.1 ${answer.statusCode} \r\nConnection: close\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n`,
      );
    });
  });
}

/** A WebSocket needs no half-open connection: when one side ends, the other gets the remaining data and ends as well. */
function endTogether(client: Socket, upstream: Socket): void {
  client.once('end', () => upstream.destroySoon()).once('close', () => upstream.destroy());
  upstream.once('end', () => client.destroySoon()).once('close', () => client.destroySoon());
}

function groupByName(headers: readonly string[]): IncomingMessage['headers'] {
  // Without a prototype, because a client may name its members as headers.
  const grouped: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const value = headers[i + 1] as string;
    const known = grouped[name];
    grouped[name] = known === undefined ? value : [known, value].flat();
  }
  return grouped;
}
