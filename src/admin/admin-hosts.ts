import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { readHost, withoutPort, withoutRootDot } from '../http/host.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * The names that the admin listener accepts. If a website makes its own name resolve to an operator's machine (DNS rebinding),
 * its scripts have the origin of the admin listener, and could read it. But no website can be named `localhost`, with or without
 * the final dot (RFC 6761 6.3), or have the name of a foreign IP address.
 */
export class AdminHosts {
  readonly #names: ReadonlySet<string> | undefined;

  /** `hosts`: as configured, with or without ports; `undefined`: any name, but not over loopback. */
  constructor(hosts: readonly string[] | undefined) {
    this.#names = hosts && new Set(hosts.map((host) => withoutPort(withoutRootDot(host))));
  }

  /** HTTP/1.0 without a Host header comes from no browser. */
  allow(request: IncomingMessage): boolean {
    const host = readHost(request);
    if (host === undefined) return false;
    const name = withoutPort(host.toLowerCase());
    const isOfNobody = name === '' || name === 'localhost' || isIP(name.replace(/^\[|\]$/g, '')) !== 0;
    return isOfNobody || (this.#names?.has(name) ?? !isOverLoopback(request));
  }
}

function isOverLoopback({ socket: { localAddress = '' } }: IncomingMessage): boolean {
  const family = isIP(localAddress);
  return family !== 0 && LOOPBACK.check(localAddress, family === 6 ? 'ipv6' : 'ipv4');
}
