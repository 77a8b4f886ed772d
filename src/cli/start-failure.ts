import type { Config } from '../config/config.ts';

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process uses this address: stop it, or choose a different address with',
  EADDRNOTAVAIL: 'this machine has no such address: choose a different address with',
  EACCES:
    'this user may not listen on this address: ports below 1024 need a privilege. Choose a different address with',
  ENOTFOUND: 'this name has no address: correct it, or use an IP address, with',
  EAI_AGAIN: 'the name server does not answer: use an IP address with',
};
const OTHER = 'choose a different address with';

/** Why a gateway does not start, and which key or option to change if an address is not available. */
export function describeStartFailure(
  { message }: Error,
  { listen, admin }: Pick<Config, 'listen' | 'admin'>,
  hasFile: boolean,
): string {
  const [, code, bound] =
    /^listen (\w+)\b.*:(\d+)$/.exec(message) ?? /^getaddrinfo (\w+) (\S+)$/.exec(message) ?? [];
  if (code === undefined) return message;
  const isOf = ({ address }: { readonly address: { readonly host: string; readonly port: number } }) =>
    bound === address.host || Number(bound) === address.port;
  const name = isOf(admin) && !isOf(listen) ? 'admin' : 'listen';
  return `${message}: ${REMEDIES[code] ?? OTHER} ${hasFile ? `${name}.address` : `--${name}`}`;
}
