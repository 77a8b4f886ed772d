import { type Loot, type RedemptionAttack, TOKEN } from './attack.ts';

/** A message that redeems, wherever it is sent. */
export type MessageAttack = Omit<RedemptionAttack, 'write'> & {
  readonly write: (target: string, loot: Loot) => string;
  /** Elsewhere it redeems only where no grant need be named: there, only wrapped codes stand in its way. */
  readonly onlyAtEndpoint?: true;
  /** What is refused elsewhere; default: `path_ambiguous`. */
  readonly elsewhere?: Pick<RedemptionAttack, 'expected' | 'ofWrapped' | 'amongLax'>;
};

/** Paths that lead to the token handler of some servers, and of which the gateway knows nothing. */
const ELSEWHERE: readonly string[] = ['/index.psgi/oauth2/token', '/oauth2/token/foo'];

/** The same message to the endpoint, and to paths that only some server would take for it. */
export function everywhere(messages: readonly MessageAttack[]): RedemptionAttack[] {
  return messages.flatMap(({ onlyAtEndpoint, elsewhere, write, name, ...rest }) => [
    { ...rest, name: `${name}, at the endpoint`, write: (loot: Loot) => write(TOKEN, loot) },
    ...(onlyAtEndpoint === true ? [] : ELSEWHERE).map((path) => ({
      ...rest,
      expected: 'path_ambiguous' as const,
      ...elsewhere,
      name: `${name}, at ${path}`,
      write: (loot: Loot) => write(path, loot),
    })),
  ]);
}
