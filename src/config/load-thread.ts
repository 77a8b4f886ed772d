import { parentPort, workerData } from 'node:worker_threads';
import { loadConfig } from './load.ts';
import type { LoadThreadData } from './load-apart.ts';

const { file, options } = workerData as LoadThreadData;
parentPort?.postMessage(await loadConfig(file, options));
