/** Milliseconds between two beats, and how many may be unanswered: a busy machine must not cause a restart. */
const INTERVAL = 3_000;
const MISSED_LIMIT = 5;

/**
 * Pings a process periodically, and calls `onHang` after several unanswered beats. It counts beats, not time: after the
 * machine was suspended, both processes are late.
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
      // The process has ended; its owner notices that.
      () => {},
    );
  }, INTERVAL).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
