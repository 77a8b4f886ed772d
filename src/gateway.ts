import type { DestinationStream } from 'pino';
import { AdminHandler } from './admin/admin-handler.ts';
import type { Config } from './config/config.ts';
import { createFlowStore } from './flow/create-flow-store.ts';
import { ObservedFlowStore } from './flow/observed-flow-store.ts';
import { FrontDoor } from './front-door.ts';
import type { Services } from './handlers/exchange.ts';
import { Listener } from './http/listener.ts';
import { TrustedProxies } from './http/peer.ts';
import { Issuer } from './issuer.ts';
import { IssuerDirectory } from './issuer-directory.ts';
import { Events } from './telemetry/events.ts';
import { createLog } from './telemetry/log.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { VERSION } from './version.ts';

/** A gateway at work. Disposal ends it at once; `drain` lets requests in flight finish first. */
export type Gateway = AsyncDisposable & {
  readonly url: string;
  readonly adminUrl: string;
  drain(): Promise<void>;
};

export type GatewayOptions = {
  /** `silent`: no log at all. */
  readonly log?: 'silent';
  /** Where the log goes. Default: standard error. */
  readonly logDestination?: DestinationStream;
};

/** Puts a gateway together from its configuration and starts it. Throws where a listener cannot have its address. */
export async function startGateway(config: Config, options: GatewayOptions = {}): Promise<Gateway> {
  await using cleanup = new AsyncDisposableStack();
  const metrics = createMetrics({ version: VERSION, node: process.version });
  const level = options.log ?? config.log.level;
  const events = new Events(metrics, createLog({ ...config.log, level }, options.logDestination));

  const storeKnown = Promise.withResolvers<void>();
  const onStateChange = (state: 'ready' | 'unreachable', detail?: string) => {
    events.storeState(state, detail);
    storeKnown.resolve();
  };
  const store = cleanup.use(
    new ObservedFlowStore(createFlowStore(config.store, { onStateChange }), (operation, duration, fault) =>
      events.storeOperation(operation, duration, fault),
    ),
  );
  const issuers = config.issuers.map((issuer) => cleanup.use(new Issuer(issuer, events)));
  const { limits } = config.listen;
  const services: Services = { store, events, bodyLimits: { size: limits.body, time: limits.headerTimeout } };
  const directory = new IssuerDirectory(issuers);
  const door = new FrontDoor(services, directory, new TrustedProxies(config.listen.trustedProxies));

  let draining = false;
  const admin = new AdminHandler({ metrics, store, isDraining: () => draining });
  const publicListener = cleanup.use(
    new Listener({
      address: config.listen.address,
      headerTimeout: limits.headerTimeout,
      connections: limits.connections,
      onRequest: (request, response) => void door.handleRequest(request, response),
      onUpgrade: (request, socket, head) => void door.handleUpgrade(request, socket, head),
    }),
  );
  const adminListener = cleanup.use(
    new Listener({
      address: config.admin.address,
      headerTimeout: limits.headerTimeout,
      connections: 100,
      onRequest: (request, response) => void admin.handle(request, response),
    }),
  );

  // The first request should find the store connected; one that is away holds nothing up.
  if (config.store.kind === 'memory') storeKnown.resolve();
  await Promise.all([storeKnown.promise, ...issuers.map((issuer) => issuer.discover())]);
  const adminUrl = await adminListener.listen();
  const url = await publicListener.listen();
  events.configLoaded(Date.now());

  const running = cleanup.move();
  return {
    url,
    adminUrl,
    async drain() {
      draining = true;
      await publicListener.drain(config.shutdown.drain);
      await running.disposeAsync();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
