import { logIn, pace } from './load.ts';
import { quantile } from './statistics.ts';

export type LatencySamples = { readonly p50: number[]; readonly p99: number[] };

/** Milliseconds that a login takes by each way (`ports`) at a fixed rate, in turns. */
export async function compareLatency(
  ports: readonly number[],
  options: { readonly rounds: number; readonly logins: number; readonly perSecond: number },
): Promise<LatencySamples[]> {
  const samples = ports.map((): LatencySamples => ({ p50: [], p99: [] }));
  for (const port of ports) await pace(port, logIn, options.perSecond, options.logins);
  for (let round = 0; round < options.rounds; round += 1) {
    for (const [i, port] of ports.entries()) {
      const durations = await pace(port, logIn, options.perSecond, options.logins);
      samples[i]?.p50.push(quantile(durations, 0.5));
      samples[i]?.p99.push(quantile(durations, 0.99));
    }
  }
  return samples;
}
