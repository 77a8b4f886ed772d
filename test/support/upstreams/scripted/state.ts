import type { ServerResponse } from 'node:http';
import type { RecordedRequest } from '../../request-log.ts';
import type { Quirks } from './quirks.ts';

/** The data behind a code or an access token. */
export type Grant = {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  readonly subject: string;
};

/** The state of the scripted server. */
export type State = {
  readonly quirks: Quirks;
  /** Its own origin, which a proxy in front hides. */
  readonly internalOrigin: string;
  readonly codes: Map<string, Grant & { redeemed: number }>;
  readonly tokens: Map<string, Grant>;
  /** By session cookie. */
  readonly sessions: Map<string, { user?: string; pending?: string }>;
  /** Pushed authorization requests by request_uri, as an encoded query. */
  readonly pushed: Map<string, string>;
  /** Token responses that wait for `releaseHeld()`. */
  readonly held: Set<() => void>;
  readonly eventStreams: Set<ServerResponse>;
};

/** One request on its way through the handlers. */
export type Exchange = {
  readonly request: RecordedRequest;
  readonly res: ServerResponse;
  readonly state: State;
};

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  res.end(JSON.stringify(body));
}

export function sendHtml(res: ServerResponse, status: number, html: string): void {
  res.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
  res.end(html);
}

/** The server's origin according to the Host header. */
export function hostOrigin({ request, state }: Exchange): string {
  const scheme = String(request.headers['x-forwarded-proto'] ?? 'http');
  return request.headers.host === undefined ? state.internalOrigin : `${scheme}://${request.headers.host}`;
}

/** The realm in a path. All realms share their codes, as if the server did not distinguish them. */
export function realmOf({ path }: RecordedRequest): string {
  return /^\/realms\/[^/]+(?=\/)/.exec(path)?.[0] ?? '';
}
