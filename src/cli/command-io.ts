import type { Environment } from '../config/environment.ts';
import type { LoadResult } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';

/** What a command has of the process. */
export type CommandIo = {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Environment;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** The next line of standard input; `undefined` at its end. */
  readonly readLine?: () => Promise<string | undefined>;
};

export function printDiagnostics(result: LoadResult, io: CommandIo): void {
  for (const warning of result.warnings) {
    io.stderr(formatProblem({ ...warning, message: `warning: ${warning.message}` }));
  }
  for (const problem of result.ok ? [] : result.problems) io.stderr(formatProblem(problem));
}
