import { type Loot, type RedemptionAttack, TOKEN } from './attack.ts';

/** A message that redeems at any path. */
export type MessageAttack = Omit<RedemptionAttack, 'write'> & {
  readonly write: (target: string, loot: Loot) => string;
  /** At other paths it redeems only if no grant_type is needed: only wrapped codes prevent that. */
  readonly onlyAtEndpoint?: true;
  /** The reason at other paths; default: `path_ambiguous`. */
  readonly elsewhere?: Pick<RedemptionAttack, 'expected' | 'ofWrapped' | 'amongLax'>;
};

/** Paths that lead to the token handler of some servers, but are unknown to the gateway. */
const ELSEWHERE: readonly string[] = ['/index.psgi/oauth2/token', '/oauth2/token/foo'];

/** The same message to the endpoint, and to paths that only some servers read as the endpoint. */
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
