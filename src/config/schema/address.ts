import { isIP, isIPv6 } from 'node:net';
import { type Parsed, textAs, textThat } from './scalars.ts';

export type Address = { readonly host: string; readonly port: number };

const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const FORM = 'must be host:port, such as 0.0.0.0:8080 or [::1]:8080';

/** `host:port` or `[IPv6]:port`; the host comes without brackets. */
export function parseAddress(text: string): Parsed<Address> {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || digits === undefined) return { problem: FORM };
  const port = Number(digits);
  if (port > 65_535) return { problem: 'the port must be 0 to 65535' };
  const valid = bracketed === undefined ? isHostName(host) : isIPv6(host);
  if (!valid) return { problem: FORM };
  return { value: { host: host.toLowerCase(), port } };
}

export const address = textAs(
  { 'x-type': 'address', pattern: '^(\\[[^\\]]+\\]|[A-Za-z0-9._-]+):[0-9]{1,5}$' },
  parseAddress,
  FORM,
);

const HOST_NOTES = { 'x-type': 'host', pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?$' };

/** A Host header, lower case: `host`, `host:port`, `[IPv6]`. */
export const host = textAs(HOST_NOTES, (text) => {
  const host = text.toLowerCase();
  if (host.includes('*')) return { problem: 'a host has no wildcard: list each host' };
  if (host.includes('/')) return { problem: 'must be a host, without scheme and path' };
  const bare = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(host);
  const name = bare?.[1] ?? '';
  const valid = name.startsWith('[') ? isIPv6(name.slice(1, -1)) : isHostName(name);
  if (!valid) return { problem: 'must be a host name or host:port (other alphabets in their xn-- form)' };
  if (Number(bare?.[2] ?? 1) > 65_535) return { problem: 'the port must be 1 to 65535' };
  return { value: host };
});

const NETWORK_NOTES = { 'x-type': 'IP address or CIDR range', pattern: '^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$' };

export const network = textThat(NETWORK_NOTES, (text) => {
  const [ip = '', bits, ...rest] = text.split('/');
  const version = isIP(ip);
  const widest = version === 6 ? 128 : 32;
  const bitsValid = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest);
  if (version !== 0 && bitsValid && rest.length === 0) return undefined;
  return 'must be an IP address or a range such as 10.0.0.0/8';
});

function isHostName(text: string): boolean {
  return HOST_NAME.test(text.toLowerCase());
}
