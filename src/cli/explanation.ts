import type { IssuerConfig } from '../config/config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { formatPosition } from '../config/problem.ts';
import { explainPolicy } from '../config/show-policy.ts';
import { type ClientPolicy, effectiveMode, UNLISTED } from '../policy/client-policy.ts';
import type { Mode } from '../policy/mode.ts';
import type { Verdict } from './url-verdict.ts';

/** The explanation of a client, as `--format json` prints it. */
export type Explanation = {
  readonly issuer: { readonly name: string; readonly upstream: string; readonly at: string };
  /** `undefined`: the request has no client_id, or two. */
  readonly client: string | undefined;
  /** The entry as written, or `_unlisted`. */
  readonly entry: string;
  /** In force at that moment. */
  readonly mode: Mode;
  /** The share of its logins to which `enforce` applies. */
  readonly enforcePercent: number;
  readonly settings: readonly {
    readonly key: string;
    readonly value: unknown;
    readonly from: string | undefined;
    readonly at: string | undefined;
  }[];
  readonly verdict: Verdict | undefined;
};

/** Every setting of a client with its position in the file, and the verdict on its request. */
export function explain(
  loaded: LoadedConfig,
  facts: {
    readonly issuer: IssuerConfig;
    readonly client: string | undefined;
    readonly policy: ClientPolicy;
    readonly now: number;
    readonly verdict: Verdict | undefined;
  },
): Explanation {
  const { issuer, client, policy, now, verdict } = facts;
  const index = loaded.config.issuers.indexOf(issuer);
  const entry = policy.name === UNLISTED ? undefined : policy.name;
  const own = entry === undefined ? 'unlisted_clients' : `clients.${entry}`;
  return {
    issuer: {
      name: issuer.name,
      upstream: issuer.upstream.origin,
      at: formatPosition(loaded.locate(['issuers', index], 'key') ?? { file: '', line: 0, column: 0 }),
    },
    client,
    entry: policy.name,
    mode: verdict?.mode ?? effectiveMode(policy, now),
    enforcePercent: verdict?.refusedPercent ?? policy.enforcePercent,
    settings: explainPolicy(loaded, index, entry).map((setting) => ({
      key: setting.key,
      value: setting.value,
      from: setting.origin === 'entry' ? own : setting.origin,
      at: setting.at && formatPosition(setting.at),
    })),
    verdict,
  };
}
