/**
 * Sends random token and authorization requests to a whole gateway in front of a server that reads anything as a redemption:
 * `npm run fuzz -- --count 1000000 --seed any`. To repeat one of them: `--from N --count 1`.
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
  console.error('fuzz: --from must be a number from 0 on, --count a number above 0');
  process.exit(2);
}

const startedAt = performance.now();
let done = 0;
let shown = 0;
const replay = (index: number) => `npm run fuzz -- --seed ${values.seed} --from ${index} --count 1`;
const rate = () => Math.round((done / (performance.now() - startedAt)) * 1000);

// An uncaught error would end a gateway, and every login with it.
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
  `${findings.length === 0 ? 'no findings' : `${findings.length} findings`} in ${done} requests, ${Math.round((performance.now() - startedAt) / 1000)} s, seed ${values.seed}`,
);
process.exitCode = findings.length === 0 ? 0 : 1;

function report({ index, defence, problem, made }: Finding): void {
  console.log(
    `\n${problem}\n  request ${index}, with ${defence}; base: ${made.beginning}; mutations: ${made.mutations.join(', ') || 'none'}`,
  );
  console.log(`  repeat it: ${replay(index)}`);
  console.log(JSON.stringify(made.written.bytes));
}
