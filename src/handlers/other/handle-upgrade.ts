import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { clientOf } from '../../http/client-address.ts';
import { hasBody } from '../../http/read-body.ts';
import { type Identified, identify } from '../../http/request-id.ts';
import { endWith, retryHeaders } from '../../http/respond.ts';
import type { Events } from '../../telemetry/events.ts';
import { buildRequestHeaders } from '../../upstream/request-headers.ts';
import type { UpgradeProxy } from '../../upstream/upgrade.ts';
import type { UpstreamFault } from '../../upstream/upstream-fault.ts';
import type { Where } from '../exchange.ts';
import { countUnroutable, statusOf, type Unroutable } from '../unroutable.ts';
import { redeemsInHead } from './find-redemption.ts';

export type UpgradeRequest = {
  readonly events: Events;
  readonly requestIdHeader: string;
  readonly upgrades: UpgradeProxy;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly where: Where | Unroutable;
};

/** Forwards a WebSocket to the upstream. Its content is not inspected, so judged endpoints cannot be upgraded. */
export function handleUpgrade(upgrade: UpgradeRequest): void {
  const { events, requestIdHeader, upgrades, request, socket, head, where } = upgrade;
  if ('cause' in where) {
    countUnroutable(events, where);
    endWith(socket, plainAnswer(statusOf(where.cause), where.idHeaders));
    return;
  }
  const { claimed, peer, target } = where;
  const { requestId, idHeaders } = identify(peer, requestIdHeader);
  // A handshake has no body (RFC 6455 4.1): a request that announces one would never be answered.
  if (isJudged(where) || redeemsInHead({ request, target }) || hasBody(request)) {
    const clientAddress = peer.address;
    countUnroutable(events, { cause: 'upgrade', request, clientAddress, requestId, idHeaders });
    endWith(socket, plainAnswer(statusOf('upgrade'), idHeaders));
    return;
  }
  const { issuer } = claimed;
  const headers = buildRequestHeaders(request.rawHeaders, {
    peer,
    publicOrigin: issuer.publicOriginFor(peer),
    requestId: [requestIdHeader, requestId],
    host: issuer.hostFor(request.headers.host),
    body: 'as_sent',
  });
  request.url = target.query === undefined ? target.path : `${target.path}?${target.query}`;
  const onFault = (fault: UpstreamFault) => {
    events.upstreamFault(issuer.name, fault, requestId);
    return plainAnswer(fault.status, idHeaders);
  };
  const client = clientOf(peer.address);
  upgrades.forward({ request, socket, head, headers, upstream: issuer.upstream, client, onFault });
}

/** Whether a handler would judge this request. */
function isJudged({ match }: Where): boolean {
  return match.endpoint !== 'other' || match.resembles !== undefined;
}

function plainAnswer(status: number, idHeaders: Identified['idHeaders']): string {
  const headers = {
    Connection: 'close',
    'Cache-Control': 'no-store',
    ...idHeaders,
    ...retryHeaders(status),
    'Content-Length': '0',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`;
}
