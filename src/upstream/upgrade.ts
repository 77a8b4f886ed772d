import type { ClientRequest, IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyServer, type ServerOptions } from 'http-proxy-3';
import type { UpstreamClient } from './upstream-client.ts';
import { toUpstreamFault, UpstreamFault } from './upstream-fault.ts';

export type Upgrade = {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Flat names and values, already cleaned. */
  readonly headers: readonly string[];
  readonly upstream: UpstreamClient;
  /** The client to whose share of the connections it counts. */
  readonly client: string;
  /** Called if the upstream does not answer; returns the answer for the client. */
  readonly onFault: (fault: UpstreamFault) => string;
};

/** Forwards WebSocket upgrades to the upstream with http-proxy-3. */
export class UpgradeProxy {
  readonly #proxy = createProxyServer({ ws: true });

  constructor() {
    // Of a client that breaks off; faults of the upstream go to each call's own listener.
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
    // Only a socket that is read tells that its client has gone. A client that sends before it has an answer is none
    // (RFC 6455 4.1).
    const abandon = () => socket.destroy();
    socket
      .once('close', () => clearTimeout(waiting))
      .once('data', abandon)
      .once('end', abandon);
    const { protocol, host, port } = new URL(origin);
    const hostname = upstream.serverName;
    // The two that make an upgrade are hop-by-hop, so that cleaning took them away (RFC 9110 7.8).
    request.headers = { ...groupByName(headers), connection: 'Upgrade', upgrade: 'websocket' };
    const options: UpgradeOptions = {
      // Certificates count in a target only, the name that is checked in `ssl` only.
      target: {
        protocol,
        host,
        hostname,
        port: port === '' ? undefined : Number(port),
        ca: tls?.ca,
        cert: tls?.cert,
        key: tls?.key,
      },
      // The path as it was judged: http-proxy-3 would resolve dot segments.
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
  /** For its answer, in the time of `performance.now()`. */
  readonly deadline: number;
};

/** Upgraded sockets. */
const upgraded = new WeakSet<Duplex>();

/** What http-proxy-3 leaves to its users between the request and its upgrade. */
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
  // An answer that is no upgrade might carry a code to a client, and nobody looks at it here: only its status goes on.
  // http-proxy-3 would pass it whole, by a listener that it adds as soon as this returns.
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

/** A WebSocket has no use for half a connection: where one side ends, the other has what it sent, and ends as well. */
function endTogether(client: Socket, upstream: Socket): void {
  client.once('end', () => upstream.destroySoon()).once('close', () => upstream.destroy());
  upstream.once('end', () => client.destroySoon()).once('close', () => client.destroySoon());
}

/** The last answer to a client, whether or not it closes its side of the connection. */
export function endWith(socket: Duplex, answer: string): void {
  socket.end(answer, () => socket.destroy());
}

function groupByName(headers: readonly string[]): IncomingMessage['headers'] {
  // Without a prototype, whose members a client may name as well as any header.
  const grouped: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const value = headers[i + 1] as string;
    const known = grouped[name];
    grouped[name] = known === undefined ? value : [known, value].flat();
  }
  return grouped;
}
