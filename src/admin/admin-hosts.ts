import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { readHost, withoutPort, withoutRootDot } from '../http/host.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Whether the admin listener answers under the name of this request. If a website makes its own name resolve to an operator's
 * machine (DNS rebinding), its scripts have the origin of the admin listener, and could read it. But no website can be named
 * `localhost`, with or without the final dot (RFC 6761 6.3), or have the name of a foreign IP address. HTTP/1.0 without a Host
 * header comes from no browser. `hosts`: as configured, with or without ports; `undefined`: any name, but not over loopback.
 */
export function acceptsHost(request: IncomingMessage, hosts: readonly string[] | undefined): boolean {
  const host = readHost(request);
  if (host === undefined) return false;
  const name = withoutPort(host.toLowerCase());
  if (name === '' || name === 'localhost' || isIP(name.replace(/^\[|\]$/g, '')) !== 0) return true;
  return hosts?.some((own) => withoutPort(withoutRootDot(own)) === name) ?? !isOverLoopback(request);
}

function isOverLoopback({ socket: { localAddress = '' } }: IncomingMessage): boolean {
  const family = isIP(localAddress);
  return family !== 0 && LOOPBACK.check(localAddress, family === 6 ? 'ipv6' : 'ipv4');
}
