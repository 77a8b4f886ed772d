import type { Contender } from './contenders.ts';
import { getPage, type Job, logIn, saturate } from './load.ts';
import { cpuTime, memory } from './processes.ts';

export type CpuSamples = {
  /** CPU time for each login and each page, in microseconds, round by round. */
  readonly login: number[];
  readonly page: number[];
  /** The same for each login, with the CPU time of the store. */
  readonly loginWithStore: number[];
  readonly loginsPerSecond: number[];
  /** Bytes, at the end. */
  memory: number;
};

export type Effort = {
  readonly rounds: number;
  /** Of each job, by each contender, in each round. */
  readonly jobs: number;
  readonly warmUp: number;
};

/** At once, by one contender. */
const CONNECTIONS = 32;

/** Loads contenders in turns, A B C A B C …, so that whatever else happens on the machine happens to all of them. */
export async function compareCpu(
  contenders: readonly Contender[],
  { rounds, jobs, warmUp }: Effort,
  storePid?: number,
): Promise<CpuSamples[]> {
  const samples = contenders.map(
    (): CpuSamples => ({
      login: [],
      page: [],
      loginWithStore: [],
      loginsPerSecond: [],
      memory: 0,
    }),
  );
  const storeTime = () => (storePid === undefined ? 0 : cpuTime(storePid));
  for (const contender of contenders) {
    await costOf(contender, logIn, warmUp);
    await costOf(contender, getPage, warmUp);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, contender] of contenders.entries()) {
      const sample = samples[i] as CpuSamples;
      const storeBefore = storeTime();
      const login = await costOf(contender, logIn, jobs);
      const store = (storeTime() - storeBefore) / jobs;
      const page = await costOf(contender, getPage, jobs);
      sample.login.push(login.cpu);
      sample.loginWithStore.push(login.cpu + store);
      sample.page.push(page.cpu);
      sample.loginsPerSecond.push(jobs / login.seconds);
      sample.memory = Math.max(sample.memory, memory(contender.pid).now);
    }
  }
  return samples;
}

async function costOf({ pid, port }: Contender, job: Job, count: number) {
  const before = cpuTime(pid);
  const seconds = await saturate(port, job, CONNECTIONS, count);
  return { cpu: (cpuTime(pid) - before) / count, seconds };
}
