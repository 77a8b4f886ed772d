import { isIPv4 } from 'node:net';

/** Whether a host, an IPv6 address with or without brackets, is this machine. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host === '::1' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'))
  );
}
