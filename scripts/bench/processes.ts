import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** A process of the benchmark, on a CPU of its own where that can be had. */
export type BenchProcess = AsyncDisposable & { readonly pid: number };

/** Which CPUs take what: the proxy under test has one to itself, everything else shares the other. */
export const CPUS = { proxy: '1', rest: '0' } as const;

/** Whether processes can be pinned here: there are two CPUs, and taskset is installed. */
export const PINNED = spawnSync('taskset', ['-c', '0,1', 'true']).status === 0;

/** Pins the benchmark's own process, all of its threads. */
export function pinSelf(): void {
  if (PINNED)
    execFileSync('taskset', ['-a', '-c', '-p', CPUS.rest, String(process.pid)], { stdio: 'ignore' });
}

/** Starts a program and waits for the line of its standard output that matches, or, without one, for nothing. */
export async function startProcess(
  command: readonly [string, ...string[]],
  options: {
    readonly cpu: string;
    readonly ready?: RegExp;
    readonly env?: NodeJS.ProcessEnv;
    /** A file descriptor for standard error. */
    readonly stderr?: number;
  },
): Promise<{ readonly process: BenchProcess; readonly line: string }> {
  const [program, ...args] = PINNED ? (['taskset', '-c', options.cpu, ...command] as const) : command;
  const child = spawn(program, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', options.stderr ?? 'inherit'],
  });
  const stop = { pid: child.pid ?? 0, [Symbol.asyncDispose]: () => stopped(child) };
  try {
    const line = options.ready === undefined ? '' : await firstLine(child, options.ready);
    return { process: stop, line };
  } catch (cause) {
    await stop[Symbol.asyncDispose]();
    throw new Error(`${command.join(' ')} did not start`, { cause });
  }
}

async function firstLine(child: ChildProcess, ready: RegExp): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += chunk;
    const line = text.split('\n').find((candidate) => ready.test(candidate));
    if (line === undefined) continue;
    child.stdout?.resume();
    return line;
  }
  throw new Error(`it ended first: ${text}`);
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** A process and all below it. */
function familyOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(statFields(Number(name))?.[1] ?? 0));
  }
  const family = [pid];
  // Children come in behind their parents, and are looked at in their turn.
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child);
  }
  return family;
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU time of a process and its children so far, user and system, all threads. Microseconds. */
export function cpuTime(pid: number): number {
  let ticks = 0;
  for (const member of familyOf(pid)) {
    const fields = statFields(member);
    if (fields !== undefined) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks / TICKS_PER_SECOND) * 1e6;
}

/** Resident memory of a process and its children: now, and at its highest. Bytes. */
export function memory(pid: number): { readonly now: number; readonly peak: number } {
  const sum = { now: 0, peak: 0 };
  for (const member of familyOf(pid)) {
    const status = read(`/proc/${member}/status`) ?? '';
    sum.now += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
    sum.peak += Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
  }
  return sum;
}

/** The fields of /proc/PID/stat behind the command's name: the state, the parent, … */
function statFields(pid: number): string[] | undefined {
  return read(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ');
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
