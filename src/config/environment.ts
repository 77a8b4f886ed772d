/** The variables that `{from_env: NAME}` reads. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A copy that can be sent to another process. The environment is read only here. */
export function processEnvironment(): Environment {
  return { ...process.env };
}
