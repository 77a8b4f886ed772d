/** `done`: the request was answered or forwarded; no further step runs. */
export type Progress = 'done' | undefined;

/** One step of handling a request. It reads and updates the context. */
export type Step<Context> = (context: Context) => Progress | Promise<Progress>;

/** Runs the steps in order until one returns `done`. */
export async function runSteps<Context>(steps: readonly Step<Context>[], context: Context): Promise<void> {
  for (const step of steps) {
    const progress = step(context);
    if ((progress instanceof Promise ? await progress : progress) === 'done') return;
  }
}
