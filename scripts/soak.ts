/** `npm run soak`: continuous logins during one fault after another, and an account of every login. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { INJECTIONS } from './soak/inject-faults.ts';
import { BOUNDS, growthOf, judgeSoak } from './soak/judge-soak.ts';
import { momentOf } from './soak/ledger.ts';
import { type SoakResult, soak } from './soak/soak.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seconds: { type: 'string' } },
});
const seconds = values.seconds === undefined ? Number(values.minutes) * 60 : Number(values.seconds);
if (!(seconds > 0)) {
  console.error('soak: --minutes and --seconds are numbers greater than 0');
  process.exit(2);
}

const result = await soak(seconds);
console.log(summaryOf(result));
const problems = judgeSoak(result);
for (const problem of problems.slice(0, 50)) console.error(`✗ ${problem}`);
if (problems.length > 50) console.error(`✗ and ${problems.length - 50} more`);
if (problems.length > 0) {
  const file = join(await mkdtemp(join(tmpdir(), 'pkce-gateway-soak-')), 'gateways.log');
  const faults = result.faults.map(
    ({ name, begin, end }) => `${momentOf(begin)} to ${momentOf(end)} ${name}`,
  );
  await writeFile(file, [...faults, ...result.logs, ''].join('\n'));
  console.error(`The faults and the gateways' logs: ${file}`);
}
console.log(problems.length === 0 ? 'soak: no problems' : `soak: ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

function summaryOf(of: SoakResult): string {
  const { accounts, gauges } = of;
  const { done, refused, abandoned } = accounts.endings;
  const failed = INJECTIONS.map(({ name }) => {
    const times = of.faults.filter((fault) => fault.name === name).length;
    return `    ${String(accounts.failedBy.get(name) ?? 0).padStart(6)}  ${name} (${times} times)`;
  });
  const growth = growthOf(of);
  const bounded = (bound: number) => (growth.counts ? `limit ${bound}` : 'not judged: the run was too short');
  const lastOf = (samples: readonly { readonly value: number }[]) =>
    `${((samples.at(-1)?.value ?? 0) / 1_000_000).toFixed(0)} MB at the end`;
  const peak = Math.max(...gauges.descriptors.map(({ value }) => value));
  return [
    `soak: ${of.duration} s, ${accounts.begun} logins begun`,
    `    ${String(done).padStart(6)}  done`,
    `    ${String(refused).padStart(6)}  refused, as intended`,
    `    ${String(abandoned).padStart(6)}  abandoned, as intended`,
    '  failed by an injected fault:',
    ...failed,
    `    ${String(accounts.unaccounted.length).padStart(6)}  unaccounted`,
    `  codes redeemed at the server: ${of.redemptions}; twice: ${accounts.doubled.length}; without the right verifier: ${of.thefts}`,
    '  the replica that ran throughout, after a third of the time:',
    `    heap      ${growth.heap.toFixed(1)} MB/h (${bounded(BOUNDS.heap)}), ${lastOf(gauges.heap)}`,
    `    resident  ${growth.resident.toFixed(1)} MB/h, highest ${growth.residentRise.toFixed(1)} MB above the highest before (${bounded(BOUNDS.residentRise)}), ${lastOf(gauges.resident)}`,
    `    file descriptors: ${of.descriptorsBefore} before, ${peak} at most, ${of.descriptorsAfter} after`,
  ].join('\n');
}
