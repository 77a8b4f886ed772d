/** `done`: the request has its answer, or is on its way; nothing is left to do. */
export type Progress = 'done' | undefined;

/** One step of handling a request. It reads and sets what stands in the context. */
export type Step<Context> = (context: Context) => Progress | Promise<Progress>;

/** Takes the steps in their order until one of them is the last. */
export async function runSteps<Context>(steps: readonly Step<Context>[], context: Context): Promise<void> {
  for (const step of steps) {
    const progress = step(context);
    if ((progress instanceof Promise ? await progress : progress) === 'done') return;
  }
}
