import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds of work between two turns of the event loop. A request needs several turns. */
const AT_A_TIME = 2;

/** Does long work in small steps, between which requests are served. A step of the work ends with `yield`. */
export async function inTurns<T>(work: Iterator<void, T>): Promise<T> {
  while (true) {
    const end = performance.now() + AT_A_TIME;
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (performance.now() < end);
    await nextTurn();
  }
}
