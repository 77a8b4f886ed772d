/** The variables that `{from_env: NAME}` reads. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The only place where the environment of the process is read. */
export function processEnvironment(): Environment {
  return process.env;
}
