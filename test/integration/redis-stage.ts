import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { SimpleClient } from '../support/simple-client.ts';
import {
  type Quirks,
  type ScriptedLegacyServer,
  startScriptedLegacyServer,
} from '../support/upstreams/scripted-legacy-server.ts';

export type RedisStageOptions = {
  /** YAML of the client's policy beside its redirect_uri, as in a flow mapping. */
  readonly policy?: string;
  readonly quirks?: Partial<Quirks>;
  /** The number of gateways that share Redis. */
  readonly gateways?: number;
};

export type RedisStage = AsyncDisposable & {
  readonly redis: RedisServer;
  readonly upstream: ScriptedLegacyServer;
  /** On one host, so that they share cookies, as behind a load balancer. */
  readonly gateways: readonly [GatewayUnderTest, ...GatewayUnderTest[]];
  /** One client that reaches the server through the first gateway. */
  readonly client: SimpleClient;
  /** Resolves when the first gateway's store is reachable again. */
  ready(): Promise<void>;
};

/** Gateways that share a real Redis, in front of one legacy server. */
export async function startRedisStage(options: RedisStageOptions = {}): Promise<RedisStage> {
  const { policy = '', quirks, gateways: count = 1 } = options;
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const upstream = stack.use(await startScriptedLegacyServer(quirks));
  const start = async () =>
    stack.use(
      await startGatewayUnderTest({
        upstream: upstream.url,
        issuer: `clients: {spa: {redirect_uris: ["https://app.example.com/cb"]${policy && `, ${policy}`}}}`,
        top: redis.store,
        host: '127.0.0.1',
      }),
    );
  const first = await start();
  const gateways: [GatewayUnderTest, ...GatewayUnderTest[]] = [first];
  while (gateways.length < count) gateways.push(await start());
  const owned = stack.move();
  return {
    redis,
    upstream,
    gateways,
    client: new SimpleClient(first.url),
    async ready() {
      while ((await fetch(`${first.adminUrl}/readyz`)).status !== 200);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
