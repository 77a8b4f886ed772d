/** The variables that `{from_env: NAME}` reads. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A copy, which can be handed to another process. The only place where the environment of the process is read. */
export function processEnvironment(): Environment {
  return { ...process.env };
}
