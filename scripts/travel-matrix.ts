/** What the gateway does with each combination of response type, response mode and request. `test/integration/travel-matrix.test.ts` checks it. */

const RESPONSE_TYPES = ['code', 'code id_token', 'code token', 'code id_token token'] as const;

const RESPONSE_MODES = [
  'default',
  'query',
  'fragment',
  'form_post',
  'jwt',
  'query.jwt',
  'fragment.jwt',
  'form_post.jwt',
  'web_message',
] as const;

const WAYS = ['GET', 'POST', 'PAR', 'request object'] as const;

export type Journey = {
  readonly responseType: (typeof RESPONSE_TYPES)[number];
  readonly responseMode: (typeof RESPONSE_MODES)[number];
  /** How the request is sent. `request object`: by value, with all parameters inside (RFC 9101). */
  readonly way: (typeof WAYS)[number];
};

export type Outcome =
  | {
      readonly followed: true;
      /** How the response reaches the client. */
      readonly carrier: 'query' | 'fragment' | 'form_post' | 'web_message';
      /** The state that the upstream gets. `own`: the client's own, because a signature covers it; `own if sent`: an id_token may cover it. */
      readonly state: 'prefixed' | 'own' | 'own if sent';
      /** The maker of the code that an enforced client gets: `upstream` if a signature covers the code. */
      readonly code: 'gateway' | 'upstream';
    }
  | { readonly followed: false; readonly reason: 'response_mode_not_allowed' };

export const JOURNEYS: readonly Journey[] = RESPONSE_TYPES.flatMap((responseType) =>
  RESPONSE_MODES.flatMap((responseMode) => WAYS.map((way) => ({ responseType, responseMode, way }))),
);

export function outcomeOf({ responseType, responseMode, way }: Journey): Outcome {
  // The gateway finds the response in a page by its flow prefix, which a covered state does not have.
  const covered = responseType.includes('id_token') || way === 'request object';
  if (responseMode === 'web_message' && covered)
    return { followed: false, reason: 'response_mode_not_allowed' };
  const isJwt = responseMode.endsWith('jwt');
  const usual = responseType === 'code' ? 'query' : 'fragment';
  const carrier = responseMode === 'default' || responseMode === 'jwt' ? usual : responseMode;
  return {
    followed: true,
    carrier: carrier.replace('.jwt', '') as 'query' | 'fragment' | 'form_post' | 'web_message',
    state: isJwt || way === 'request object' ? 'own' : covered ? 'own if sent' : 'prefixed',
    code: isJwt || responseType.includes('id_token') ? 'upstream' : 'gateway',
  };
}

const INTRODUCTION = `# Which responses are followed

Each combination of response type, response mode and request, and what the gateway does with it. \`scripts/travel-matrix.ts\` generates
this page; \`test/integration/travel-matrix.test.ts\` tries each row in both modes, with and without a state.

- **followed**: the client gets its own state byte for byte (none if it sent none), and tokens for the right verifier. A token request
  without it is refused in \`enforce\` and counted in \`report\`.
- **refused**: with this reason. \`report\` counts the request under that reason and forwards it unchanged; its code belongs to no flow.
- **state upstream**: \`prefixed\` by the gateway, or the client's \`own\` if a signature covers it. An id_token may cover the state
  (\`s_hash\`), so there a state that was sent stays the client's own.
- **code**: in \`enforce\` the client gets the \`gateway\`'s own code (\`wrap_codes\`), or the \`upstream\`'s if a signature covers it.

Request objects need \`request_objects: allow\`; response types other than \`code\` need \`response_types\`. The gateway refuses encrypted
request objects (\`request_object_not_allowed\`) and encrypted responses (\`flow_unknown\`, or \`response_ambiguous\` if the flow is known).

`;

export function renderTravelMatrix(): string {
  const rows = JOURNEYS.map((journey) => {
    const outcome = outcomeOf(journey);
    const cells = outcome.followed
      ? ['followed', 'followed', outcome.carrier, outcome.state, outcome.code]
      : [`refused: \`${outcome.reason}\``, 'counted, passed on', '', '', ''];
    return [journey.responseType, journey.responseMode, journey.way, ...cells];
  });
  const head = [
    'response type',
    'response mode',
    'request',
    'enforce',
    'report',
    'arrives by',
    'state upstream',
    'code',
  ];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`);
  return INTRODUCTION + lines.join('');
}
