import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { newPkcePair } from '../support/pkce-pair.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/process.ts';
import { sendRaw } from '../support/raw-http.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { SimpleClient, send } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { isAlive, workerPids } from '../support/worker-pids.ts';

/** An idle process has about 30 of its own; with all connections that one of the two accepts, it uses more than 80 %. */
const OPEN_FILES = 90;
const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };

/** A gateway with Redis, in front of a server that answers and one that does not, with simulated clients. */
export class ScrapedStage implements AsyncDisposable {
  readonly adminPort: number;
  readonly redis: RedisServer;
  readonly #directory: string;
  readonly #upstreamUrl: string;
  readonly #cleanup: AsyncDisposableStack;
  /** The process ids of workers before a replacement. */
  readonly #known = new Set<number>();
  #gateway: GatewayProcess | undefined;

  private constructor(
    adminPort: number,
    redis: RedisServer,
    directory: string,
    upstreamUrl: string,
    cleanup: AsyncDisposableStack,
  ) {
    this.adminPort = adminPort;
    this.redis = redis;
    this.#directory = directory;
    this.#upstreamUrl = upstreamUrl;
    this.#cleanup = cleanup;
  }

  /** Everything except the gateway runs. */
  static async open(): Promise<ScrapedStage> {
    await using cleanup = new AsyncDisposableStack();
    const redis = cleanup.use(await startRedis());
    const upstream = cleanup.use(await startScriptedLegacyServer());
    const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-monitoring-'));
    cleanup.defer(() => rm(directory, { recursive: true }));
    return new ScrapedStage(await freePort(), redis, directory, upstream.url, cleanup.move());
  }

  async startGateway(): Promise<void> {
    const gone = await freePort();
    await writeFile(
      join(this.#directory, 'gateway.yaml'),
      `
listen: {address: "127.0.0.1:0", limits: {connections: 100}}
workers: 2
admin: {address: "127.0.0.1:${this.adminPort}"}
store: {kind: redis, redis: {url: "${this.redis.url}"}}
audit: {destination: /dev/full}
issuers:
  - name: corp
    upstream: {url: "${this.#upstreamUrl}"}
    clients:
      spa: {mode: enforce, redirect_uris: [https://app.example.com/cb]}
      late: {mode: report}
  - name: gone
    hosts: [gone.example.com]
    upstream: {url: "http://127.0.0.1:${gone}"}
    endpoints: {authorization: [/authorize], token: [/token]}
`,
    );
    this.#gateway = this.#cleanup.use(
      await startGatewayProcess(['serve', '--config', 'gateway.yaml'], {
        cwd: this.#directory,
        openFiles: OPEN_FILES,
      }),
    );
  }

  get gateway(): GatewayProcess {
    if (this.#gateway === undefined) throw new Error('the gateway does not run');
    return this.#gateway;
  }

  /** Normal and bad traffic. Responses are ignored: Prometheus shows the results. */
  async round(): Promise<void> {
    const { url } = this.gateway;
    const spa = new SimpleClient(url);
    const late = new SimpleClient(url, 'late');
    await login(spa);
    await login(late, WITHOUT_PKCE, { code_verifier: undefined });
    await login(spa, {}, { code_verifier: newPkcePair().verifier });
    await replay(spa);
    await Promise.all([
      // Logins that are abandoned, or whose code is redeemed elsewhere.
      ...Array.from({ length: 5 }, () => spa.authorize()),
      ...Array.from({ length: 3 }, () => spa.authorize(WITHOUT_PKCE)),
      spa.authorize({ redirect_uri: 'https://thief.example.com/' }),
      spa.authorize({ response_type: 'code\u0001' }),
      sendRaw(url, 'this is no HTTP\r\n\r\n'),
      send(`${url}/account`, { headers: { host: 'gone.example.com' } }),
    ]);
  }

  /** Many violations: more lines than an unread audit stream can buffer. */
  async violate(): Promise<void> {
    const spa = new SimpleClient(this.gateway.url);
    const headers = { 'user-agent': 'x'.repeat(200) };
    for (let i = 0; i < 40; i += 1) {
      const violations = Array.from({ length: 25 }, () => send(spa.authorizeUrl(WITHOUT_PKCE), { headers }));
      await Promise.all(violations);
    }
  }

  /** Ends one process, and waits for its replacement. */
  async killWorker(): Promise<void> {
    const pids = [...workerPids(this.gateway).values()];
    for (const pid of pids) this.#known.add(pid);
    for (const pid of pids.slice(0, 1)) process.kill(pid, 'SIGKILL');
    await this.gateway.waitForLine(
      new RegExp(`"event":"worker_ready",.*"pid":(?!(${[...this.#known].join('|')})\\b)`),
    );
  }

  /** Ends the newest process if it still runs. */
  endWorker(): void {
    const pid = workerPids(this.gateway).get(1) ?? 0;
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  }

  /** More connections than the two processes accept, until disposal. */
  async crowd(): Promise<Disposable> {
    const { hostname, port } = new URL(this.gateway.url);
    const sockets = Array.from({ length: 300 }, () => connect(Number(port), hostname).on('error', () => {}));
    await Promise.race(sockets.map((socket) => once(socket, 'close')));
    return {
      [Symbol.dispose]() {
        for (const socket of sockets) socket.destroy();
      },
    };
  }

  /** An invalid configuration. */
  async breakConfiguration(): Promise<void> {
    await writeFile(join(this.#directory, 'gateway.yaml'), 'issuers: []\n');
    this.gateway.signal('SIGHUP');
    await this.gateway.waitForLine(/"event":"config_rejected"/);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.disposeAsync();
  }
}

type Fields = Readonly<Record<string, string | undefined>>;

async function login(client: SimpleClient, asked: Fields = {}, redeemed: Fields = {}): Promise<string> {
  const code = (await client.authorize(asked)).location?.searchParams.get('code') ?? 'none';
  await client.redeem(code, redeemed);
  return code;
}

async function replay(client: SimpleClient): Promise<void> {
  await client.redeem(await login(client));
}
