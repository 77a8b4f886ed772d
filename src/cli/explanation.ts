import type { IssuerConfig } from '../config/config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { formatPosition } from '../config/problem.ts';
import { showPolicy } from '../config/show-settings.ts';
import { type ClientPolicy, effectiveMode, UNLISTED } from '../policy/client-policy.ts';
import type { Verdict } from './url-verdict.ts';

/** The explanation of a client, as `--format json` prints it. */
export type Explanation = ReturnType<typeof explain>;

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
) {
  const { issuer, client, policy, now, verdict } = facts;
  const index = loaded.config.issuers.indexOf(issuer);
  const paths = {
    entry: policy.name === UNLISTED ? ['unlisted_clients'] : ['clients', policy.name],
    defaults: ['defaults'],
  };
  const settings = showPolicy(policy).map(({ key, value, origin }) => {
    const path = origin === 'entry' || origin === 'defaults' ? paths[origin] : undefined;
    const at = path && loaded.locate(['issuers', index, ...path, key], 'value');
    return { key, value, from: path?.join('.') ?? origin, at: at && formatPosition(at) };
  });
  return {
    issuer: {
      name: issuer.name,
      upstream: issuer.upstream.origin,
      at: formatPosition(loaded.locate(['issuers', index], 'key') ?? { file: '', line: 0, column: 0 }),
    },
    /** `undefined`: the request has no client_id, or two. */
    client,
    /** The entry as written, or `_unlisted`. */
    entry: policy.name,
    /** The mode in force at that moment. */
    mode: verdict?.mode ?? effectiveMode(policy, now),
    /** The share of its logins to which `enforce` applies. */
    enforcePercent: verdict?.refusedPercent ?? policy.enforcePercent,
    settings,
    verdict,
  };
}
