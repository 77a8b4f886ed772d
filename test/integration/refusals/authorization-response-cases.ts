import type { Reason } from '../../../src/policy/reason.ts';
import { buildFlowPrefix } from '../../../src/store/flow-prefix.ts';
import type { Quirks } from '../../support/upstreams/scripted-legacy-server.ts';
import type { Stage } from '../stage.ts';
import type { RefusalCase } from './refusal-case.ts';

/** An upstream with an unusual response. */
function answering(
  reason: Reason,
  what: string,
  quirks: Partial<Quirks>,
  rest: Partial<RefusalCase> = {},
): RefusalCase {
  const act: RefusalCase['act'] = (stage) => stage.authorize();
  return {
    reason,
    what,
    quirks,
    endpoint: 'authorization_response',
    act,
    reply: 'query',
    reported: 302,
    ...rest,
  };
}

/** A state with a prefix of this gateway whose flow is no longer in the store. */
async function stateOfLostFlow(stage: Stage): Promise<string> {
  return buildFlowPrefix(stage.upstream.url, true, Buffer.alloc(20, 7)) + stage.state;
}

export const AUTHORIZATION_RESPONSE_CASES: readonly RefusalCase[] = [
  ...[
    'https://evil.example/cb',
    'https://app.example.com/other',
    'http://app.example.com/cb',
    'https://app.example.com:8443/cb',
    'https://app.example.com@evil.example/cb',
    'com.example.app:/cb',
  ].map((redirectTo) => answering('redirect_target_mismatch', redirectTo, { redirectTo })),
  answering('response_ambiguous', 'a second code', { extraParameters: { code: 'a-second-code' } }),
  answering('response_ambiguous', 'another code first', {
    extraParameters: { code: 'a-second-code' },
    extraParametersAt: 'first',
  }),
  answering('response_ambiguous', 'a second state', { extraParameters: { state: 'a-second-state' } }),
  answering('response_ambiguous', 'another state first', {
    extraParameters: { state: 'a-second-state' },
    extraParametersAt: 'first',
  }),
  // Without its state, nothing shows that the code belongs to a flow of a client in report.
  answering(
    'flow_unknown',
    'the upstream drops the state',
    { state: 'dropped' },
    { reply: 'page', reported: 'never' },
  ),
  answering(
    'flow_unknown',
    'the upstream makes a state up',
    { state: 'dropped', extraParameters: { state: 'a-made-up-state' } },
    { reply: 'page', reported: 'never' },
  ),
  answering(
    'flow_unknown',
    'the flow was lost with the store',
    { state: 'dropped' },
    {
      reply: 'page',
      setUp: stateOfLostFlow,
      act: (stage, state) => {
        Object.assign(stage.upstream.quirks, { extraParameters: { state } });
        return stage.authorize();
      },
    },
  ),
];
