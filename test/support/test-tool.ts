import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The folder in which `scripts/install-test-tools.sh` puts tools that only the tests use. */
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pkce-gateway', 'test-tools-1');

/** CustomResourceDefinitions of the chart's resources that are not built into Kubernetes. */
export const CRD_DIRECTORY = join(CACHE, 'crds');

/** The path of a program; `undefined` if this machine does not have it. */
export function findTool(name: string): string | undefined {
  const directories = [join(CACHE, 'bin'), ...(process.env.PATH ?? '').split(delimiter)];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

/** The path of a required program: without it, the test fails. */
export function requireTool(name: string): string {
  const path = findTool(name);
  if (path === undefined) throw new Error(`there is no ${name}: sh scripts/install-test-tools.sh`);
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export type ToolRun = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** Runs a program to its end. */
export async function runTool(path: string, args: readonly string[], cwd?: string): Promise<ToolRun> {
  return new Promise((resolve, reject) => {
    execFile(path, args, { cwd, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') return reject(error);
      resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}
