import { hash } from 'node:crypto';

/** How a flow began, as told by its prefix alone, so that a response can be judged while the store is away. */
export type FlowBeginning =
  | 'enforce'
  /** Enforced, for a client that goes on while the store is away (`on_store_failure: allow`). */
  | 'enforce_allow'
  | 'report';

export type ParsedFlowPrefix = {
  readonly prefix: string;
  readonly began: FlowBeginning;
  /** The client's own state, byte for byte; `undefined` where it sent none. */
  readonly clientState: string | undefined;
};

/** Characters. The random part has 128 bits. */
export const FLOW_PREFIX_LENGTH = 32;
/** Bytes of randomness that `buildFlowPrefix` wants. */
export const FLOW_PREFIX_RANDOM_BYTES = 16;

const CHECKSUM_LENGTH = 6;
/** `pg`, a letter, 22 random characters, the checksum, a dot: all of them unreserved in a URL. */
const FLOW_PREFIX = /^pg[earEAR][A-Za-z0-9_-]{28}\.$/;

const LETTERS = { enforce: 'e', enforce_allow: 'a', report: 'r' } as const satisfies Record<
  FlowBeginning,
  string
>;
const BEGINNINGS: Readonly<Record<string, FlowBeginning>> = {
  e: 'enforce',
  a: 'enforce_allow',
  r: 'report',
};

/**
 * What goes in front of the client's state on its way upstream. An absent state and an empty one must come back as
 * they were, so that the letter's case says whether there was one.
 */
export function buildFlowPrefix(options: {
  readonly issuer: string;
  readonly began: FlowBeginning;
  readonly hasState: boolean;
  /** 16 random bytes. */
  readonly random: Buffer;
}): string {
  if (options.random.length !== FLOW_PREFIX_RANDOM_BYTES) {
    throw new RangeError(`a flow prefix needs ${FLOW_PREFIX_RANDOM_BYTES} random bytes`);
  }
  const lower = LETTERS[options.began];
  const letter = options.hasState ? lower : lower.toUpperCase();
  const random = options.random.toString('base64url');
  return `pg${letter}${random}${checksum(options.issuer, letter, random)}.`;
}

/**
 * The flow prefix that a state begins with; `undefined` where it begins with none of this issuer's. `made`: one that is
 * known to be of this issuer, whose checksum need not be made again.
 */
export function parseFlowPrefix(issuer: string, state: string, made?: string): ParsedFlowPrefix | undefined {
  // Most states are not ours: they are told apart before anything is hashed.
  if (state.length < FLOW_PREFIX_LENGTH || !state.startsWith('pg')) return undefined;
  const prefix = state.slice(0, FLOW_PREFIX_LENGTH);
  if (!FLOW_PREFIX.test(prefix)) return undefined;

  const letter = prefix.charAt(2);
  const random = prefix.slice(3, -CHECKSUM_LENGTH - 1);
  const isOurs =
    prefix === made || prefix.slice(-CHECKSUM_LENGTH - 1, -1) === checksum(issuer, letter, random);
  if (!isOurs) return undefined;

  const began = BEGINNINGS[letter.toLowerCase()];
  if (began === undefined) return undefined;
  const sentNone = letter !== letter.toLowerCase();
  return { prefix, began, clientState: sentNone ? undefined : state.slice(FLOW_PREFIX_LENGTH) };
}

/**
 * No security measure: anybody can compute it. It only tells this issuer's prefixes from a client's state that happens
 * to look like one. What makes a prefix unguessable is its random part, and what makes it valid is the store.
 */
function checksum(issuer: string, letter: string, random: string): string {
  const text = JSON.stringify(['pkce-gateway/flow-prefix/1', issuer, letter, random]);
  return hash('sha256', text, 'base64url').slice(0, CHECKSUM_LENGTH);
}
