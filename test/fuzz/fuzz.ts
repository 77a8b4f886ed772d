import { type FuzzCase, makeCase } from './fuzz-case.ts';
import { FUZZED_DEFENCES, type FuzzedDefence, FuzzStage } from './fuzz-stage.ts';
import { KeptConnection } from './kept-connection.ts';

export type FuzzOptions = {
  readonly seed: string;
  /** The number of the first request. */
  readonly from: number;
  readonly count: number;
  /** Instead of alternating stages. */
  readonly defence?: FuzzedDefence;
  /** Ends after this number of findings. */
  readonly maxFindings?: number;
  readonly onProgress?: (done: number) => void;
  /** Called at once: a run may take long, and end early. */
  readonly onFinding?: (finding: Finding) => void;
};

/** A request with a forbidden result. */
export type Finding = {
  readonly index: number;
  readonly defence: FuzzedDefence;
  readonly problem: string;
  /** The request with the fewest mutations and the same result. */
  readonly made: FuzzCase;
};

/** Requests that share a gateway, so that its store does not fill up with their flows. */
const STAGE_SIZE = 9_000;
/** Requests that share a code, and may run concurrently. */
const BATCH = 48;
const CONNECTIONS = 16;
const DUPLICATES = ['last', 'first', 'joined'] as const;

/** Sends generated requests through a gateway; resolves to the findings. */
export async function fuzz(options: FuzzOptions): Promise<Finding[]> {
  const { from, count, maxFindings = 1, onProgress, onFinding } = options;
  const findings: Finding[] = [];
  const end = from + count;
  for (let index = from; index < end && findings.length < maxFindings; ) {
    const stageEnd = Math.min(end, index - (index % STAGE_SIZE) + STAGE_SIZE);
    await using stage = await openStage(index, options);
    const connections = Array.from({ length: CONNECTIONS }, () => new KeptConnection(stage.url));
    for (; index < stageEnd && findings.length < maxFindings; index += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, stageEnd - index) }, (_, i) => index + i);
      const suspects = await runBatch(stage, connections, batch, options.seed);
      for (const suspect of suspects) {
        const finding = await confirm(suspect, options);
        findings.push(finding);
        onFinding?.(finding);
      }
      onProgress?.(Math.min(index + BATCH, stageEnd) - from);
    }
    for (const connection of connections) connection[Symbol.dispose]();
    index = stageEnd;
  }
  return findings;
}

type Suspect = { readonly index: number; readonly problem: string; readonly made: FuzzCase };

function openStage(index: number, { defence }: FuzzOptions): Promise<FuzzStage> {
  const turn = Math.floor(index / STAGE_SIZE);
  const byTurn = FUZZED_DEFENCES[turn % FUZZED_DEFENCES.length] as FuzzedDefence;
  const duplicates = DUPLICATES[Math.floor(turn / FUZZED_DEFENCES.length) % DUPLICATES.length] ?? 'last';
  return FuzzStage.open(defence ?? byTurn, duplicates);
}

async function runBatch(
  stage: FuzzStage,
  connections: readonly KeptConnection[],
  batch: readonly number[],
  seed: string,
): Promise<Suspect[]> {
  const loot = await stage.loot();
  const suspects: Suspect[] = [];
  const queue = batch.values();
  const work = async (connection: KeptConnection) => {
    for (const index of queue) {
      const made = makeCase(seed, index, loot, stage.host);
      const problem = await stage.judge(made, connection);
      if (problem !== undefined) suspects.push({ index, problem, made });
    }
  };
  await Promise.all(connections.map(work));
  return suspects;
}

/** Repeats it alone with a new gateway, and with as few mutations as possible. */
async function confirm({ index, problem, made }: Suspect, options: FuzzOptions): Promise<Finding> {
  const turn = Math.floor(index / STAGE_SIZE);
  const defence = options.defence ?? (FUZZED_DEFENCES[turn % FUZZED_DEFENCES.length] as FuzzedDefence);
  const again = await tryAlone(index, new Set(), options);
  if (again === undefined) {
    return { index, defence, problem: `${problem} (not alone: only among the others)`, made };
  }
  let smallest = again;
  const without = new Set<number>();
  for (let place = 0; place < 8; place++) {
    const less = await tryAlone(index, new Set([...without, place]), options);
    if (less?.problem !== again.problem) continue;
    without.add(place);
    smallest = less;
  }
  return { index, defence, ...smallest };
}

async function tryAlone(
  index: number,
  without: ReadonlySet<number>,
  options: FuzzOptions,
): Promise<{ readonly problem: string; readonly made: FuzzCase } | undefined> {
  await using stage = await openStage(index, options);
  using connection = new KeptConnection(stage.url);
  const made = makeCase(options.seed, index, await stage.loot(), stage.host, without);
  const problem = await stage.judge(made, connection);
  return problem === undefined ? undefined : { problem, made };
}
