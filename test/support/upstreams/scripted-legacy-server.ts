import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Listener, listen } from '../listener.ts';
import { type RecordedRequest, RequestLog, readBody, recordRequest } from '../request-log.ts';
import { handleAuthorization, handleLogin, handlePushedAuthorization } from './scripted/authorization.ts';
import { handleMetadata } from './scripted/metadata.ts';
import {
  handleCookies,
  handleEcho,
  handleEventStream,
  handleInspect,
  handleStream,
} from './scripted/passthrough.ts';
import { DEFAULT_QUIRKS, PATHS, type Quirks } from './scripted/quirks.ts';
import { type Exchange, realmOf, type State, sendJson } from './scripted/state.ts';
import { handleToken, handleUserinfo } from './scripted/token.ts';

export { PATHS as SCRIPTED_PATHS, type Quirks } from './scripted/quirks.ts';

export type ScriptedLegacyServer = Listener & {
  /** Used from the next request on. */
  readonly quirks: Quirks;
  /** Every request, including WebSocket handshakes; the bodies of /echo are not kept. */
  readonly requests: RequestLog;
  /** The requests that the token endpoint handled. */
  readonly tokenRequests: RecordedRequest[];
  /** For every redeemed code, how often it issued tokens. */
  readonly redemptions: readonly { readonly subject: string; readonly times: number }[];
  /** Answers the token requests that `token: 'held'` delays, and those to /held. */
  releaseHeld(): void;
  /** Sends an event to every open /sse stream. */
  sendEvent(data: string): void;
};

/** Our own authorization server, with all quirks of legacy servers that we know. It never verifies PKCE. */
export async function startScriptedLegacyServer(
  quirks: Partial<Quirks> = {},
  { host = '127.0.0.1', port = 0 }: { host?: string; port?: number } = {},
): Promise<ScriptedLegacyServer> {
  const requests = new RequestLog();
  let state: State;
  const server = createServer((req, res) => {
    handle(req, res, state, requests).catch((cause: unknown) => {
      if (!res.headersSent) sendJson(res, 500, { error: 'server_error', cause: String(cause) });
      else res.destroy();
    });
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (req, socket, head) => {
    requests.add(recordRequest(req, ''));
    if (!req.url?.startsWith('/ws')) return socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    sockets.handleUpgrade(req, socket, head, (ws: WebSocket) => {
      ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
    });
  });
  const listener = await listen(server, host, port);
  state = {
    quirks: { ...DEFAULT_QUIRKS, ...quirks },
    internalOrigin: listener.url,
    codes: new Map(),
    tokens: new Map(),
    sessions: new Map(),
    pushed: new Map(),
    held: new Set(),
    eventStreams: new Set(),
  };
  return {
    ...listener,
    quirks: state.quirks,
    requests,
    get tokenRequests() {
      return requests.to(PATHS.token);
    },
    get redemptions() {
      return [...state.codes.values()]
        .filter(({ redeemed }) => redeemed > 0)
        .map(({ subject, redeemed }) => ({ subject, times: redeemed }));
    },
    releaseHeld() {
      for (const release of state.held) release();
      state.held.clear();
    },
    sendEvent(data) {
      for (const stream of state.eventStreams) stream.write(`data: ${data}\n\n`);
    },
  };
}

async function handle(
  req: IncomingMessage,
  res: ServerResponse,
  state: State,
  requests: RequestLog,
): Promise<void> {
  const streamed = recordRequest(req, '');
  if (streamed.path === '/echo' || streamed.path === '/stream') {
    requests.add(streamed);
    return streamed.path === '/echo' ? handleEcho(req, res) : handleStream(streamed, res);
  }
  const request = recordRequest(req, (await readBody(req)).toString());
  requests.add(request);
  await route({ request, res, state });
}

function route(exchange: Exchange): void | Promise<void> {
  const { request, res, state } = exchange;
  const { metadata } = state.quirks;
  const status = /^\/status\/(\d{3})$/.exec(request.path)?.[1];
  if (status !== undefined) return sendJson(res, Number(status), { status: Number(status) });
  switch (request.path.slice(realmOf(request).length)) {
    case PATHS.authorization:
      return handleAuthorization(exchange);
    case PATHS.login:
      return handleLogin(exchange);
    case PATHS.par:
      return handlePushedAuthorization(exchange);
    case PATHS.token:
      return handleToken(exchange);
    case PATHS.userinfo:
      return handleUserinfo(exchange);
    case '/.well-known/openid-configuration':
      if (metadata === 'openid' || metadata === 'both') return handleMetadata(exchange);
      break;
    case '/.well-known/oauth-authorization-server':
      if (metadata === 'oauth' || metadata === 'both') return handleMetadata(exchange);
      break;
    case '/sse':
      return handleEventStream(exchange);
    case '/cookies':
      return handleCookies(exchange);
    case '/held':
      return new Promise<void>((resolve) => state.held.add(resolve)).then(() => handleInspect(exchange));
    case '/inspect':
      return handleInspect(exchange);
  }
  sendJson(res, 404, { error: 'not_found', path: request.path });
}
