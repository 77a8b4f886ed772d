/**
 * Made-up token and authorization requests, as many as one likes, against a whole gateway before a server that takes
 * everything for a redemption: `npm run fuzz -- --count 1000000 --seed any`. One of them again: `--from N --count 1`.
 */
import { parseArgs } from 'node:util';
import { type Finding, fuzz } from '../test/fuzz/fuzz.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now()) },
    from: { type: 'string', default: '0' },
  },
});
const [from, count] = [values.from, values.count].map(Number);
if (from === undefined || count === undefined || !(from >= 0 && count > 0)) {
  console.error('--from and --count are numbers');
  process.exit(2);
}

const startedAt = performance.now();
let done = 0;
let shown = 0;
const replay = (index: number) => `npm run fuzz -- --seed ${values.seed} --from ${index} --count 1`;
const rate = () => Math.round((done / (performance.now() - startedAt)) * 1000);

// What nobody catches would end a gateway, and every login with it.
process.on('uncaughtException', (error) => {
  console.error(`\nThe process would have died after ${done} requests (seed ${values.seed}):`, error);
  process.exit(1);
});

console.log(`${count} requests, seed ${values.seed}`);
const findings = await fuzz({
  seed: values.seed,
  from,
  count,
  maxFindings: 5,
  onProgress(now) {
    done = now;
    if (done - shown < 20_000 && done < count) return;
    shown = done;
    console.log(`${done} done, ${rate()} a second`);
  },
  onFinding: report,
});
console.log(
  `${findings.length === 0 ? 'nothing found' : `${findings.length} found`} in ${done} requests, ${Math.round((performance.now() - startedAt) / 1000)} s, seed ${values.seed}`,
);
process.exitCode = findings.length === 0 ? 0 : 1;

function report({ index, defence, problem, made }: Finding): void {
  console.log(
    `\n${problem}\n  request ${index}, with ${defence}; began as ${made.beginning}; then ${made.mutations.join(', ') || 'nothing'}`,
  );
  console.log(`  again: ${replay(index)}`);
  console.log(JSON.stringify(made.written.bytes));
}
