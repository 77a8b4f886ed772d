import type { Config } from '../config/config.ts';

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process uses this address: stop it, or choose a different address with',
  EADDRNOTAVAIL: 'this machine has no such address: choose a different address with',
  EACCES:
    'this user may not listen on this address: ports below 1024 need a privilege. Choose a different address with',
};

/** Why a gateway does not start, and which key or option to change if an address is not available. */
export function describeStartFailure(
  { message }: Error,
  { listen, admin }: Pick<Config, 'listen' | 'admin'>,
  hasFile: boolean,
): string {
  const [, code = '', port] = /\b(EADDRINUSE|EADDRNOTAVAIL|EACCES)\b.*:(\d+)$/.exec(message) ?? [];
  const remedy = REMEDIES[code];
  if (remedy === undefined) return message;
  const isAdmin = Number(port) === admin.address.port && Number(port) !== listen.address.port;
  const name = isAdmin ? 'admin' : 'listen';
  return `${message}: ${remedy} ${hasFile ? `${name}.address` : `--${name}`}`;
}
