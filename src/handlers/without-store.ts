import { type Concerned, decideWithoutStore } from '../policy/decide-without-store.ts';
import type { Exchange } from './exchange.ts';
import { answerFault } from './refuse.ts';

/** What happens to an exchange while the store cannot be reached. `answered`: with a fault, since somebody concerned is enforced. */
export function withoutStore(exchange: Exchange, ...concerned: readonly Concerned[]): 'answered' | 'go_on' {
  if (decideWithoutStore(...concerned) === 'go_on') return 'go_on';
  answerFault(exchange, 503, 'the sign-in cannot be checked right now; try again in a moment');
  return 'answered';
}
