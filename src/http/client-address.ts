import { isIP, isIPv6 } from 'node:net';

/** An address in its usual form: IPv4 that a dual-stack socket reports as IPv6, or with a port, as some proxies write it. */
export function plainAddress(text: string): string {
  if (!text.includes(':')) return text;
  const [, bracketed, ipv4] = /^(?:\[(.+)\]|(\d+(?:\.\d+){3}))(?::\d+)?$/.exec(text) ?? [];
  const address = bracketed ?? ipv4 ?? text;
  const mapped = /^::ffff:/i.test(address) ? address.slice(7) : '';
  return isIP(mapped) === 4 ? mapped : address;
}

/** What counts as one client: an IPv4 address, or an IPv6 /64 network, because one host may use all its addresses. */
export function clientOf(address: string): string {
  const plain = plainAddress(address);
  if (!plain.includes(':') || !isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::', 2);
  const groups = head.split(':').filter(Boolean);
  if (tail !== undefined && groups.length < 4) {
    const behind = tail.split(':').filter(Boolean);
    while (groups.length + behind.length < 8) groups.push('0');
    groups.push(...behind);
  }
  return groups.slice(0, 4).join(':');
}
