import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { type GatewayProcess, type ProcessOptions, startGatewayProcess } from '../support/process.ts';
import { SimpleClient } from '../support/simple-client.ts';
import {
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';
import { startWire, type Wire } from '../support/wire.ts';

/** The clients by their policies: `on_store_failure`, and whether codes are wrapped; in the order of the fault table. */
const POLICIES = {
  reject: 'mode: enforce',
  reject_unwrapped: 'mode: enforce, wrap_codes: false',
  allow: 'mode: enforce, on_store_failure: allow',
  allow_unwrapped: 'mode: enforce, on_store_failure: allow, wrap_codes: false',
  report: 'mode: report',
} as const;

export type Policy = keyof typeof POLICIES;
export const ALL_POLICIES = Object.keys(POLICIES) as Policy[];

export type FaultStageOptions = {
  /** YAML of `store.redis`, as in a flow mapping. Default: the memory store. */
  readonly redis?: string;
  /** Default: 1. */
  readonly replicas?: number;
  /** The policy of every gateway. */
  readonly process?: Pick<ProcessOptions, 'openFiles'>;
  /** YAML of the top level. */
  readonly top?: string;
  /** `timeouts.response` of the server. Default: the gateway's own. */
  readonly responseTimeout?: string;
};

/**
 * Real gateway processes, started as users start them, between two wires: clients connect through `front`, to the first
 * gateway that listens, and the gateways reach the server through `back`. The server redeems a code any number of times, so
 * that a second redemption is visible.
 */
export class FaultStage implements AsyncDisposable {
  readonly upstream: ScriptedLegacyServer;
  readonly front: Wire;
  readonly back: Wire;
  readonly gateways: readonly GatewayProcess[];
  readonly #cleanup: AsyncDisposableStack;

  private constructor(parts: {
    readonly upstream: ScriptedLegacyServer;
    readonly front: Wire;
    readonly back: Wire;
    readonly gateways: readonly GatewayProcess[];
    readonly cleanup: AsyncDisposableStack;
  }) {
    this.upstream = parts.upstream;
    this.front = parts.front;
    this.back = parts.back;
    this.gateways = parts.gateways;
    this.#cleanup = parts.cleanup;
  }

  static async open(options: FaultStageOptions = {}): Promise<FaultStage> {
    const { redis, replicas = 1, process = {}, top = '', responseTimeout = '30s' } = options;
    await using cleanup = new AsyncDisposableStack();
    const upstream = cleanup.use(
      await startScriptedLegacyServer({ login: 'issue_at_login', codes: 'reusable' }),
    );
    const back = cleanup.use(await startWire(() => [upstream.url]));
    const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-faults-'));
    cleanup.defer(() => rm(directory, { recursive: true }));
    const store = redis === undefined ? '' : `store: {kind: redis, redis: {${redis}}}\n`;
    await writeFile(
      join(directory, 'gateway.yaml'),
      `${store}${top}\n${configFor(back.url, responseTimeout)}`,
    );
    const serve = () =>
      startGatewayProcess(['serve', '--config', 'gateway.yaml'], { cwd: directory, ...process });
    const gateways: GatewayProcess[] = [];
    for (let index = 0; index < replicas; index += 1) gateways.push(cleanup.use(await serve()));
    const front = cleanup.use(await startWire(() => gateways.map(({ url }) => url)));
    return new FaultStage({ upstream, front, back, gateways, cleanup: cleanup.move() });
  }

  get gateway(): GatewayProcess {
    const [gateway] = this.gateways;
    if (gateway === undefined) throw new Error('no gateway runs');
    return gateway;
  }

  client(policy: Policy): SimpleClient {
    return new SimpleClient(this.front.url, policy, redirectUriOf(policy));
  }

  /** Resolves when the first gateway logged this state of its store. */
  async untilStore(state: 'ready' | 'unreachable'): Promise<void> {
    await vi.waitFor(() => {
      const last = this.gateway.stderr.findLast((line) => line.includes('"event":"store_state"'));
      expect(last).toContain(`"state":"${state}"`);
    }, UNTIL);
  }

  /** Resolves when the first gateway is ready. */
  async untilServing(): Promise<void> {
    await vi.waitFor(async () => {
      expect((await fetch(`${this.gateway.adminUrl}/readyz`)).status).toBe(200);
    }, UNTIL);
  }

  /** Resolves when the first gateway accepts no connection. */
  async untilRefused(): Promise<void> {
    const { hostname, port } = new URL(this.gateway.url);
    await vi.waitFor(async () => {
      const socket = connect(Number(port), hostname);
      const refused = await Promise.race([
        once(socket, 'connect').then(() => false),
        once(socket, 'error'),
      ]).catch(() => true);
      socket.destroy();
      expect(refused).not.toBe(false);
    }, UNTIL);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.disposeAsync();
  }
}

const UNTIL = { timeout: 20_000, interval: 20 };

function redirectUriOf(policy: Policy): string {
  return `https://app.example.com/${policy}`;
}

function configFor(upstream: string, responseTimeout: string): string {
  const clients = ALL_POLICIES.map(
    (policy) => `      ${policy}: {${POLICIES[policy]}, redirect_uris: [${redirectUriOf(policy)}]}`,
  );
  return `
listen: {address: "127.0.0.1:0"}
admin: {address: "127.0.0.1:0"}
issuers:
  - name: corp
    upstream: {url: "${upstream}", timeouts: {response: ${responseTimeout}}}
    clients:
${clients.join('\n')}
`;
}
