import { GCProfiler, type GCProfilerResult } from 'node:v8';

// Loaded into a gateway with `--import`. A SIGUSR2 starts the count, the next one ends it and prints `allocated: KB`.
// Memory that survives a collection is not counted again, so the number is independent of other work of the process.

let profiler: GCProfiler | undefined;

process.on('SIGUSR2', () => {
  if (profiler === undefined) {
    profiler = new GCProfiler();
    profiler.start();
    process.stderr.write('counting allocations\n');
    return;
  }
  const result = profiler.stop();
  profiler = undefined;
  process.stderr.write(`allocated: ${Math.round(allocatedIn(result) / 1024)} KB\n`);
});

/** Bytes of the young generation between the first and the last collection. */
function allocatedIn({ statistics }: GCProfilerResult): number {
  let bytes = 0;
  let left: number | undefined;
  for (const { beforeGC, afterGC } of statistics) {
    if (left !== undefined) bytes += youngBytes(beforeGC) - left;
    left = youngBytes(afterGC);
  }
  return bytes;
}

function youngBytes({ heapSpaceStatistics }: GCProfilerResult['statistics'][number]['beforeGC']): number {
  return heapSpaceStatistics
    .filter(({ spaceName }) => spaceName.startsWith('new_'))
    .reduce((sum, { spaceUsedSize }) => sum + spaceUsedSize, 0);
}
