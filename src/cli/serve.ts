import type { Config } from '../config/config.ts';
import { loadConfigApart } from '../config/load-apart.ts';
import type { Gateway } from '../gateway.ts';
import { MODES } from '../policy/mode.ts';
import { printDiagnostics } from './command-io.ts';
import { CONFIG_OPTION, type Command, configFile } from './options.ts';
import { reloadOnChange } from './reload-on-change.ts';

/** `pkce-gateway serve`: runs until SIGTERM or SIGINT, then drains. Returns the exit status. */
export const SERVE: Command = {
  options: {
    config: CONFIG_OPTION,
    upstream: {
      value: 'URL',
      excludes: 'config',
      help: 'no file: one authorization server, by its origin or its issuer identifier',
    },
    // Without entries, `reject` would refuse everybody.
    mode: {
      value: 'MODE',
      choices: MODES,
      needs: 'upstream',
      help: 'enforce (default), report or off',
    },
    listen: { value: 'HOST:PORT', needs: 'upstream', help: 'the public address (default: 0.0.0.0:8080)' },
    admin: { value: 'HOST:PORT', needs: 'upstream', help: 'the admin address (default: 127.0.0.1:9090)' },
    redis: { value: 'URL', needs: 'upstream', help: 'keep flows in Redis instead of memory' },
    ca: { value: 'FILE', needs: 'upstream', help: 'the CA certificate of the server, as PEM' },
  },
  async run(options, io) {
    const stopped = firstSignal();
    // Until it can reload, a SIGHUP must not end the process. A change after the file was read is noticed later.
    if (options.upstream === undefined) process.on('SIGHUP', () => {});
    // With it comes the schema, which a process with a file leaves to the one that reads it.
    const upstream =
      options.upstream === undefined
        ? undefined
        : (await import('./upstream-options.ts')).readUpstreamOptions(options);
    const file = configFile(options);
    // The modules of the gateway load while another process reads the configuration.
    const loading = Promise.all([
      loadConfigApart(upstream ?? { file, options: { env: io.env } }),
      import('../gateway.ts'),
    ]);
    const loaded = await Promise.race([loading, stopped]);
    if (loaded === undefined) return 0;
    const [result, { startGateway }] = loaded;
    printDiagnostics(result, io);
    // The problem is in the file, or in the command line.
    if (!result.ok) return upstream === undefined ? 1 : 2;
    let gateway: Gateway | undefined;
    try {
      // An upstream that does not answer can delay the start for a long time.
      gateway = await Promise.race([startGateway(result.config), stopped]);
    } catch (error) {
      const why = describeStartFailure(error as Error, result.config, upstream === undefined);
      io.stderr(`pkce-gateway: cannot start: ${why}`);
      return 1;
    }
    if (gateway === undefined) return 0;
    using _watch = upstream === undefined ? reloadOnChange(gateway, file, result.files, io.env) : undefined;
    io.stdout(`pkce-gateway listening on ${gateway.url} (admin ${gateway.adminUrl})`);
    await stopped;
    await gateway.drain();
    return 0;
  },
};

/** A terminal signals the gateway and npm, which forwards the signal: the second one must not shorten the drain. */
function firstSignal(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(undefined));
  });
}

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
function describeStartFailure(
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
