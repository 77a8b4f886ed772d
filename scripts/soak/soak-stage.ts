import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type GatewayProcess, startGatewayProcess } from '../../test/support/process.ts';
import { type RedisServer, startRedis } from '../../test/support/redis-server.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../../test/support/upstreams/scripted-legacy-server.ts';
import { startWire, type Wire } from '../../test/support/wire.ts';

/** Milliseconds between two readiness checks of a replica, and `shutdown.delay` of the replicas. */
const LOOK = 250;
const DELAY = 1_000;

/** Milliseconds: longer than Redis waits for a CPU on a busy machine. */
export const STORE_TIMEOUT = 2_000;

/** The clients that log in; each has its own redirect URI. */
const CLIENTS = {
  spa: 'mode: enforce',
  unwrapped: 'mode: enforce, wrap_codes: false',
  legacy: 'mode: report',
} as const;
export type ClientId = keyof typeof CLIENTS;

export function redirectUriOf(clientId: ClientId): string {
  return `https://${clientId}.example.com/cb`;
}

/**
 * Two replicas behind a load balancer, with Redis and a server. The first replica runs throughout, the second is restarted now
 * and then. The server redeems a code any number of times.
 */
export class SoakStage implements AsyncDisposable {
  readonly redis: RedisServer;
  readonly upstream: ScriptedLegacyServer;
  /** From the gateways to the server. */
  readonly back: Wire;
  /** From the clients to the gateways, alternately. */
  readonly front: Wire;
  readonly replicas: [lasting: GatewayProcess, restarted: GatewayProcess];
  /** All gateway processes so far. */
  readonly processes: GatewayProcess[];
  readonly #directory: string;
  #reloads = 0;
  readonly #cleanup: AsyncDisposableStack;

  private constructor(
    parts: Pick<SoakStage, 'redis' | 'upstream' | 'back' | 'front' | 'replicas'>,
    directory: string,
    cleanup: AsyncDisposableStack,
  ) {
    this.redis = parts.redis;
    this.upstream = parts.upstream;
    this.back = parts.back;
    this.front = parts.front;
    this.replicas = parts.replicas;
    this.processes = [...parts.replicas];
    this.#directory = directory;
    this.#cleanup = cleanup;
  }

  static async open(): Promise<SoakStage> {
    await using cleanup = new AsyncDisposableStack();
    const redis = cleanup.use(await startRedis({ port: true }));
    const upstream = cleanup.use(
      await startScriptedLegacyServer({ login: 'issue_at_login', codes: 'reusable' }),
    );
    const back = cleanup.use(await startWire(() => [upstream.url]));
    const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-soak-'));
    cleanup.defer(() => rm(directory, { recursive: true }));
    await writeFile(join(directory, 'gateway.yaml'), configFor(back.url, redis.url));
    const replicas: [GatewayProcess, GatewayProcess] = [await serve(directory), await serve(directory)];
    cleanup.defer(async () => {
      for (const replica of replicas) await replica[Symbol.asyncDispose]();
    });
    const ready = watchReadiness(replicas, cleanup);
    let turn = 0;
    const front = cleanup.use(
      await startWire(() => {
        turn += 1;
        const able = replicas.filter((replica) => ready.has(replica));
        // If none is ready, for example without Redis, all get requests: they can explain the fault, a load balancer cannot.
        const urls = (able.length > 0 ? able : replicas).map(({ url }) => url);
        return turn % 2 === 0 ? urls : urls.toReversed();
      }),
    );
    return new SoakStage({ redis, upstream, back, front, replicas }, directory, cleanup.move());
  }

  /** Ends the second replica with SIGTERM, and starts another one. Returns the exit code of the old one. */
  async restartReplica(): Promise<number | null> {
    const exitCode = await this.replicas[1].stop();
    this.replicas[1] = await serve(this.#directory);
    this.processes.push(this.replicas[1]);
    return exitCode;
  }

  /** Reloads a changed configuration in both replicas, while the server has no discovery document. */
  async reload(): Promise<void> {
    const config = configFor(this.back.url, this.redis.url);
    const loads = () => this.replicas.map(({ stderr }) => stderr.filter(isLoad).length);
    const before = loads();
    this.upstream.quirks.metadata = 'none';
    this.#reloads += 1;
    // A real change each time.
    await writeFile(
      join(this.#directory, 'gateway.yaml'),
      `${config}    defaults: {flow_ttl: ${this.#reloads % 2 === 0 ? '1h' : '50m'}}\n`,
    );
    for (const replica of this.replicas) replica.signal('SIGHUP');
    while (loads().some((count, index) => count === before[index])) await wait(LOOK);
    this.upstream.quirks.metadata = 'both';
  }

  /** Resolves when both replicas say that they can serve. */
  async untilServing(): Promise<void> {
    for (const { adminUrl } of this.replicas) while ((await fetch(`${adminUrl}/readyz`)).status !== 200);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.disposeAsync();
  }
}

function serve(directory: string): Promise<GatewayProcess> {
  return startGatewayProcess(['serve', '--config', 'gateway.yaml'], { cwd: directory });
}

/** A reload that took effect or was rejected. */
const isLoad = (line: string): boolean => /"event":"config_(loaded|rejected)"/.test(line);

/** The replicas that were ready at the last check, as a load balancer sees them. */
function watchReadiness(
  replicas: readonly GatewayProcess[],
  cleanup: AsyncDisposableStack,
): ReadonlySet<GatewayProcess> {
  const ready = new Set<GatewayProcess>();
  const look = async (replica: GatewayProcess) => {
    const status = await fetch(`${replica.adminUrl}/readyz`).then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status === 200) ready.add(replica);
    else ready.delete(replica);
  };
  const looking = setInterval(() => {
    for (const replica of replicas) void look(replica);
  }, LOOK);
  cleanup.defer(() => clearInterval(looking));
  return ready;
}

function configFor(upstream: string, redis: string): string {
  const clients = (Object.keys(CLIENTS) as ClientId[]).map(
    (clientId) => `      ${clientId}: {${CLIENTS[clientId]}, redirect_uris: [${redirectUriOf(clientId)}]}`,
  );
  return `
listen: {address: "127.0.0.1:0"}
admin: {address: "127.0.0.1:0"}
shutdown: {delay: ${DELAY}ms}
store: {kind: redis, redis: {url: "${redis}", timeout: ${STORE_TIMEOUT}ms}}
issuers:
  - name: corp
    upstream: {url: "${upstream}"}
    clients:
${clients.join('\n')}
`;
}
