/** Milliseconds between two beats, and how many may stay unanswered: a machine that is busy is no reason to end a worker. */
const INTERVAL = 3_000;
const MISSED_LIMIT = 5;

/**
 * Asks a process again and again, and calls `onHang` when it leaves several beats unanswered. Beats are counted, not time:
 * after the machine was suspended, both processes are late.
 */
export function watchHeartbeat(beat: () => Promise<unknown>, onHang: () => void): Disposable {
  let missed = 0;
  const timer = setInterval(() => {
    if (missed >= MISSED_LIMIT) {
      clearInterval(timer);
      onHang();
      return;
    }
    missed += 1;
    beat().then(
      () => {
        missed = 0;
      },
      // It has ended, which its owner sees.
      () => {},
    );
  }, INTERVAL).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
