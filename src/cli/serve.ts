import { loadConfigApart } from '../config/load-apart.ts';
import type { UpstreamOptions } from '../config/upstream-config.ts';
import type { Gateway } from '../gateway.ts';
import { type CommandIo, printDiagnostics } from './command-io.ts';
import { CONFIG_OPTION, type CommandSpec, configFile, type ParsedOptions } from './options.ts';
import { reloadOnChange } from './reload-on-change.ts';
import { describeStartFailure } from './start-failure.ts';

export const SERVE_OPTIONS: CommandSpec['options'] = {
  config: CONFIG_OPTION,
  upstream: {
    value: 'URL',
    excludes: 'config',
    help: 'no file: one authorization server, by its origin or its issuer identifier',
  },
  mode: { value: 'MODE', needs: 'upstream', help: 'enforce (default), report or off' },
  listen: { value: 'HOST:PORT', needs: 'upstream', help: 'the public address (default: 0.0.0.0:8080)' },
  admin: { value: 'HOST:PORT', needs: 'upstream', help: 'the admin address (default: 127.0.0.1:9090)' },
  redis: { value: 'URL', needs: 'upstream', help: 'keep flows in Redis instead of memory' },
  ca: { value: 'FILE', needs: 'upstream', help: 'the CA certificate of the server, as PEM' },
};

/** `pkce-gateway serve`: runs until SIGTERM or SIGINT, then drains. Returns the exit status. */
export async function runServe(options: ParsedOptions, io: CommandIo): Promise<number> {
  const upstream = options.upstream === undefined ? undefined : await readUpstream(options);
  const file = configFile(options);
  // The modules of the gateway load while another process reads the configuration.
  const [result, { startGateway }] = await Promise.all([
    loadConfigApart(upstream ?? { file, options: { env: io.env } }),
    import('../gateway.ts'),
  ]);
  printDiagnostics(result, io);
  // The problem is in the file, or in the command line.
  if (!result.ok) return upstream === undefined ? 1 : 2;
  const stopped = firstSignal();
  let gateway: Gateway | undefined;
  try {
    // An upstream that does not answer can delay the start for a long time.
    gateway = await Promise.race([startGateway(result.config), stopped.then(() => undefined)]);
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
}

/** A terminal signals the gateway and npm, which forwards the signal: the second one must not shorten the drain. */
function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
}

/** With it comes the schema, which a process with a file leaves to the one that reads it. */
async function readUpstream(options: ParsedOptions): Promise<UpstreamOptions | undefined> {
  const { readUpstreamOptions } = await import('./upstream-options.ts');
  return readUpstreamOptions(options);
}
