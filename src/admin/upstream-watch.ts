import { setTimeout as sleep } from 'node:timers/promises';
import type { IssuerConfig } from '../config/config.ts';
import { discoverIssuer, knowledgeKey } from '../issuer/issuer.ts';
import { DiscoveryFault } from '../upstream/discovery.ts';
import { createUpstreamClient } from '../upstream/upstream-client.ts';
import { explainFailure } from '../upstream/upstream-fault.ts';

/** Milliseconds for which a result is reused, and that a check may take before the page is rendered without it. */
const GOOD_FOR = 10_000;
const PATIENCE = 1_500;

/** How an upstream answers a request for its metadata. Moments are epoch milliseconds, durations milliseconds. */
export type UpstreamState =
  | { readonly state: 'answers'; readonly took: number; readonly challengeMethods: readonly string[] }
  /** It answers, but has no usable discovery document. */
  | { readonly state: 'undiscovered'; readonly took: number; readonly detail: string }
  | { readonly state: 'unreachable'; readonly detail: string }
  | { readonly state: 'pending' };

type Look = { readonly at: number; readonly done: Promise<void>; state: UpstreamState };

/** Checks on demand whether upstreams answer, independently of logins. */
export class UpstreamWatch {
  #looks: ReadonlyMap<string, Look> = new Map();

  /** One state for each issuer, by its name. For a slow upstream, its last known state. */
  async look(issuers: readonly IssuerConfig[]): Promise<ReadonlyMap<string, UpstreamState>> {
    const now = Date.now();
    const looks = issuers.map((issuer) => {
      const from = `${issuer.name} ${knowledgeKey(issuer)}`;
      const known = this.#looks.get(from);
      const isGood = known !== undefined && now - known.at < GOOD_FOR;
      return { issuer, from, look: isGood ? known : beginLook(issuer, now, known?.state) };
    });
    this.#looks = new Map(looks.map(({ from, look }) => [from, look]));
    const states = looks.map(async ({ issuer, look }) => {
      await Promise.race([look.done, sleep(PATIENCE, undefined, { ref: false })]);
      return [issuer.name, look.state] as const;
    });
    return new Map(await Promise.all(states));
  }
}

function beginLook(issuer: IssuerConfig, at: number, known: UpstreamState = { state: 'pending' }): Look {
  const done = lookAt(issuer).then((state) => {
    look.state = state;
  });
  const look = { at, done, state: known };
  return look;
}

async function lookAt(issuer: IssuerConfig): Promise<UpstreamState> {
  const startedAt = performance.now();
  const took = () => Math.max(1, Math.round(performance.now() - startedAt));
  await using client = createUpstreamClient({ ...issuer.upstream, connections: 1 });
  try {
    const { challengeMethods } = await discoverIssuer(client, issuer);
    return { state: 'answers', took: took(), challengeMethods };
  } catch (error) {
    if (error instanceof DiscoveryFault)
      return { state: 'undiscovered', took: took(), detail: error.message };
    return { state: 'unreachable', detail: explainFailure(error) };
  }
}
