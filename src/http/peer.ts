import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { plainAddress } from './client-address.ts';

/** Who sent a request and under which origin, as far as that can be believed. */
export type Peer = {
  /** The client's address: the peer's own, or the last one in X-Forwarded-For that no trusted proxy has. */
  readonly address: string;
  /** Every address in front of this gateway, oldest first, the connected one last: the next X-Forwarded-For. */
  readonly forwardedFor: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
};

/** Whose X-Forwarded-* headers are believed. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #empty: boolean;

  constructor(entries: readonly string[]) {
    this.#empty = entries.length === 0;
    for (const entry of entries) {
      const [address = '', bits] = entry.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  trusts(address: string): boolean {
    if (this.#empty) return false;
    const family = isIP(address);
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}

export function readPeer(request: IncomingMessage, trusted: TrustedProxies): Peer {
  const connected = plainAddress(request.socket.remoteAddress ?? '');
  const scheme = (request.socket as TLSSocket).encrypted === true ? 'https' : 'http';
  const host = request.headers.host ?? '';
  if (!trusted.trusts(connected)) return { address: connected, forwardedFor: connected, scheme, host };

  const chain = listOf(request.headers['x-forwarded-for']).map(plainAddress);
  const address = chain.findLast((hop) => !trusted.trusts(hop)) ?? chain[0] ?? connected;
  const proto = listOf(request.headers['x-forwarded-proto']).at(-1)?.toLowerCase();
  return {
    address,
    forwardedFor: [...chain, connected].join(', '),
    scheme: proto === 'https' || proto === 'http' ? proto : scheme,
    host: listOf(request.headers['x-forwarded-host']).at(-1) ?? host,
  };
}

function listOf(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(',') : header;
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}
