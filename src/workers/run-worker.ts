import type { Config } from '../config/config.ts';
import { addPart } from '../config/config-parts.ts';
import { UpstreamKnowledge } from '../issuer/upstream-knowledge.ts';
import { openObservedStores } from '../observed-stores.ts';
import { Server } from '../server.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { VERSION } from '../version.ts';
import type { AllDiscovered, Answer, Call, WorkerCommands, WorkerHealth } from './worker-commands.ts';

/** Runs in a worker: the primary starts and controls it, and it ends with the primary. Resolves to the exit status. */
export function runWorker(): Promise<number> {
  // A terminal or a process manager signals the whole group; the primary decides what to do.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  const drained = Promise.withResolvers<number>();
  const commands = createCommands();
  process.on('message', async ({ id, command, parameters }: Call) => {
    const run = commands[command] as (...parameters: readonly unknown[]) => Promise<unknown>;
    const answer: Answer = await run(...parameters).then(
      (value) => ({ id, value }),
      (error: unknown) => ({ id, problem: error instanceof Error ? error.message : String(error) }),
    );
    process.send?.(answer, () => command === 'drain' && drained.resolve(0));
  });
  return drained.promise;
}

function createCommands(): WorkerCommands {
  let serving: Awaited<ReturnType<typeof serve>> | undefined;
  let staged: ReturnType<Server['stage']> | undefined;
  const received = new Map<number, Config>();
  const take = (number: number) => {
    const config = received.get(number);
    received.delete(number);
    if (config === undefined) throw new Error('the configuration was discarded');
    return config;
  };
  const started = () => {
    if (serving === undefined) throw new Error('not started');
    return serving;
  };
  const discardStaged = async () => {
    const unwanted = staged;
    staged = undefined;
    await unwanted?.then(
      (ready) => ready[Symbol.asyncDispose](),
      () => {},
    );
  };
  return {
    async receive(number, part) {
      received.set(number, addPart(received.get(number), part));
    },
    async start(worker, config, discovered) {
      serving = await serve(worker, take(config), discovered);
      return serving.url;
    },
    async stage(config) {
      await discardStaged();
      staged = started().server.stage(take(config));
      await staged;
    },
    async commit() {
      const ready = staged;
      staged = undefined;
      if (ready !== undefined) started().server.commit(await ready);
    },
    async discard() {
      received.clear();
      await discardStaged();
    },
    async flush() {
      const { server, stores } = started();
      await server.flush();
      return stores.takeActivity();
    },
    readMetrics: async () => started().telemetry.metrics.registry.getMetricsAsJSON(),
    health: async () => healthOf(started().server),
    async drain() {
      const { server, stores, telemetry } = started();
      await server.drain();
      await stores.flows[Symbol.asyncDispose]();
      await telemetry[Symbol.asyncDispose]();
    },
  };
}

async function serve(worker: number, config: Config, discovered: AllDiscovered) {
  const telemetry = await createTelemetry(config.log, VERSION, { worker });
  const stores = openObservedStores(config.store, telemetry);
  const knowledge = new Map([...discovered].map(([key, known]) => [key, new UpstreamKnowledge(known)]));
  const server = await Server.create(config, { stores, telemetry, shared: true, knowledge });
  await stores.known;
  return { url: await server.start(), server, stores, telemetry };
}

function healthOf({ knowledge, undiscovered }: Server): WorkerHealth {
  const discovered = new Map();
  for (const [key, known] of knowledge) {
    if (known.discovered !== undefined) discovered.set(key, known.discovered);
  }
  return { discovered, undiscovered };
}
