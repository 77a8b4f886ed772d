import type { Config } from '../config/config.ts';
import { openObservedStores } from '../observed-stores.ts';
import { PublicSide, type StagedConfig } from '../public-side.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { VERSION } from '../version.ts';
import type { Answer, Call, WorkerCommands } from './worker-commands.ts';

/** What runs in a worker: started and steered by the primary, and gone with it. Resolves to the exit status. */
export function runWorker(): Promise<number> {
  // A terminal and a process manager signal the whole group: what follows from that, the primary decides.
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
  let staged: Promise<StagedConfig> | undefined;
  const started = () => {
    if (serving === undefined) throw new Error('not started');
    return serving;
  };
  const giveUp = async () => {
    const unwanted = staged;
    staged = undefined;
    await unwanted?.then(
      (ready) => ready[Symbol.asyncDispose](),
      () => {},
    );
  };
  return {
    async start(worker, config) {
      serving = await serve(worker, config);
      return serving.url;
    },
    async stage(config) {
      await giveUp();
      staged = started().publicSide.stage(config);
      await staged;
    },
    async commit() {
      const ready = staged;
      staged = undefined;
      (await ready)?.commit();
    },
    discard: giveUp,
    flush: () => started().publicSide.flush(),
    readMetrics: async () => started().telemetry.metrics.registry.getMetricsAsJSON(),
    async drain() {
      const { publicSide, stores, telemetry } = started();
      await publicSide.drain();
      await stores.flows[Symbol.asyncDispose]();
      await telemetry[Symbol.asyncDispose]();
    },
  };
}

async function serve(worker: number, config: Config) {
  const telemetry = await createTelemetry(config.log, VERSION, { worker });
  const { events } = telemetry;
  const stores = openObservedStores(config.store, events);
  const publicSide = new PublicSide(config, stores, events, { shared: true });
  await stores.known;
  return { url: await publicSide.start(), publicSide, stores, telemetry };
}
