/** What a login sees when it meets a fault. The tests in `test/faults/` check it. */

/** The step at which the login meets the fault. */
export const MOMENTS = {
  request: 'before its authorization request',
  across: 'before its authorization request, and over before the response',
  response: 'between request and response',
  redemption: 'before its redemption',
  claim: 'during its redemption, before Redis answers the claim of its code',
  answer: 'during its redemption, before the server answers',
} as const;
export type Moment = keyof typeof MOMENTS;

/** What the client sees: `logs in`, or the status; then the result of the same step after the fault. */
type Cell = string;

/** By `on_store_failure` in `enforce` (`reject` with `wrap_codes` or without), and in `report`. */
type RedisCells = readonly [reject: Cell, allow: Cell, allowUnwrapped: Cell, report: Cell];

const GOES_ON: RedisCells = ['logs in', 'logs in', 'logs in', 'logs in'];
const AGAIN = '503; again: logs in';
const LOST = '503; again: 400 `code_unknown`';
const UNKNOWN = '400 `code_unknown`';
const NO_FLOW = '400 `flow_unknown`';

/** A login that was let through without the store was not saved, so it is unknown afterwards. */
const ACROSS: RedisCells = [
  AGAIN,
  'begins; then: 400 `flow_unknown`',
  'begins; then: 400 `flow_unknown`',
  'begins; then: logs in',
];
const BEGINS = ACROSS.map(() => 'begins; then: logs in') as unknown as RedisCells;

export const REDIS_FAULTS = {
  stopped: 'Redis stopped (and started again, empty)',
  restarted: 'Redis restarted, empty',
  paused: 'Redis paused (SIGSTOP, SIGCONT)',
  failed_over: 'primary lost, failed over by sentinels',
  node_lost: 'cluster node lost, its replica takes over',
} as const;
export type RedisFault = keyof typeof REDIS_FAULTS;

/** Redis loses nothing, and a claim whose reply came too late is released. */
const KEPT: Readonly<Record<Moment, RedisCells>> = {
  request: [AGAIN, 'logs in', 'logs in', 'logs in'],
  across: ACROSS,
  response: [AGAIN, 'logs in', 'logs in', 'logs in'],
  redemption: [AGAIN, AGAIN, 'logs in', 'logs in'],
  claim: [AGAIN, AGAIN, 'logs in', 'logs in'],
  answer: GOES_ON,
};

export const REDIS_OUTCOMES: Readonly<Record<RedisFault, Readonly<Record<Moment, RedisCells>>>> = {
  stopped: {
    request: [AGAIN, 'logs in', 'logs in', 'logs in'],
    across: ACROSS,
    response: ['503; again: 400 `flow_unknown`', 'logs in', 'logs in', 'logs in'],
    redemption: [LOST, LOST, 'logs in', 'logs in'],
    claim: [LOST, LOST, 'logs in', 'logs in'],
    answer: GOES_ON,
  },
  restarted: {
    request: GOES_ON,
    across: BEGINS,
    response: [NO_FLOW, NO_FLOW, NO_FLOW, 'logs in'],
    redemption: [UNKNOWN, UNKNOWN, UNKNOWN, 'logs in'],
    claim: [LOST, LOST, 'logs in', 'logs in'],
    answer: GOES_ON,
  },
  paused: KEPT,
  failed_over: KEPT,
  node_lost: KEPT,
};

export const UPSTREAM_FAULTS = {
  refuses: 'refuses connections',
  hangs: 'accepts connections, but never answers',
  mute: 'handles the request, but never answers',
  resets: 'resets the connection during its answer',
  fails: 'answers 500',
  slow: 'slow, within `timeouts.response`',
} as const;
export type UpstreamFaultName = keyof typeof UPSTREAM_FAULTS;

export const UPSTREAM_MOMENTS = {
  request: 'authorization request',
  response: 'authorization response',
  redemption: 'token request',
} as const;
export type UpstreamMoment = keyof typeof UPSTREAM_MOMENTS;

type UpstreamCells = readonly [enforce: Cell, report: Cell];

export const UPSTREAM_OUTCOMES: Readonly<
  Record<UpstreamFaultName, Readonly<Record<UpstreamMoment, UpstreamCells>>>
> = {
  refuses: always('502; again: logs in'),
  hangs: always('504; again: logs in'),
  mute: {
    ...always('504; again: logs in'),
    // The server redeemed the code, and refuses a second redemption.
    redemption: ['504; again: 400 `invalid_grant`', '504; again: 400 `invalid_grant`'],
  },
  resets: {
    ...always('502; again: logs in'),
    // The head of a redirect is enough. The next step meets the same fault.
    response: ['redeem: 502; again: 400 `code_replayed`', 'redeem: 502; again: logs in'],
    // The head of the response arrived: 200, so the code is spent. Nobody can repeat the missing part.
    redemption: ['502; again: 400 `code_replayed`', '502; again: logs in'],
  },
  fails: always('500; again: logs in'),
  slow: always('logs in'),
};

function always(cell: Cell): Readonly<Record<UpstreamMoment, UpstreamCells>> {
  return { request: [cell, cell], response: [cell, cell], redemption: [cell, cell] };
}

export const GATEWAY_FAULTS = {
  stopped: 'SIGTERM to one of two replicas',
  killed: 'SIGKILL of one of two replicas',
  crashed: 'SIGKILL of one of two `workers`; for its own logins',
  exhausted: 'all file descriptors used up by idle connections',
} as const;
export type GatewayFault = keyof typeof GATEWAY_FAULTS;

const AT_THE_OTHER = { request: 'logs in', response: 'logs in', redemption: 'logs in' };

export const GATEWAY_OUTCOMES: Readonly<Record<GatewayFault, Readonly<Partial<Record<Moment, Cell>>>>> = {
  stopped: { ...AT_THE_OTHER, answer: 'logs in' },
  killed: { ...AT_THE_OTHER, answer: 'broken off; again: 400 `code_replayed`' },
  crashed: { ...AT_THE_OTHER, answer: 'broken off; again: 400 `code_replayed`' },
  exhausted: {
    request: 'broken off; again: logs in',
    redemption: 'broken off; again: logs in',
    answer: 'logs in',
  },
};

/** The tables in docs/operations/faults.md. */
export function renderFaultTables(): string {
  const redis = rowsOf(REDIS_FAULTS, REDIS_OUTCOMES, MOMENTS);
  const upstream = rowsOf(UPSTREAM_FAULTS, UPSTREAM_OUTCOMES, UPSTREAM_MOMENTS);
  const gateway = rowsOf(GATEWAY_FAULTS, GATEWAY_OUTCOMES, MOMENTS);
  return [
    '#### Redis\n\n',
    table(
      ['fault', 'meets a login', '`reject`', '`allow`', '`allow`, `wrap_codes: false`', '`report`'],
      redis,
    ),
    '\n#### The authorization server\n\n',
    table(['the server', 'at', '`enforce`', '`report`'], upstream),
    '\n#### The gateway\n\n',
    table(['fault', 'meets a login', '`enforce`'], gateway),
  ].join('');
}

function rowsOf<Fault extends string, At extends string>(
  faults: Readonly<Record<Fault, string>>,
  outcomes: Readonly<Record<Fault, Readonly<Partial<Record<At, Cell | readonly Cell[]>>>>>,
  moments: Readonly<Record<At, string>>,
): string[][] {
  return (Object.keys(faults) as Fault[]).flatMap((fault) =>
    (Object.keys(moments) as At[]).flatMap((moment) => {
      const cells = outcomes[fault][moment];
      return cells === undefined ? [] : [[faults[fault], moments[moment], ...[cells].flat()]];
    }),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
