export type ParsedFlowPrefix = {
  readonly prefix: string;
  /** The client's own state, byte for byte; `undefined` if it sent none. */
  readonly clientState: string | undefined;
};

/** Random bytes for `buildFlowPrefix`. */
export const FLOW_PREFIX_RANDOM_BYTES = 20;
/** Characters of a prefix whose flow is in a store, and of the head of every other prefix. */
export const FLOW_PREFIX_LENGTH = 32;
/** Characters of the longest record in a prefix. */
export const LONGEST_SEALED_FLOW = 1296;

const START = 'pg';
const KIND_AT = START.length;
/** Five groups of five base 36 digits have 129 random bits: each group is 32 random bits, modulo the number of groups. */
const GROUP_LENGTH = 5;
const GROUPS = 36 ** GROUP_LENGTH;
const GROUP_BYTES = 4;
const RANDOM_LENGTH = GROUP_LENGTH * (FLOW_PREFIX_RANDOM_BYTES / GROUP_BYTES);
const BODY_LENGTH = START.length + 1 + RANDOM_LENGTH;
const CHECKSUM_LENGTH = 4;
/** Base 36 digits for the number of characters after the head. */
const TAIL_LENGTH_DIGITS = 2;
const RECORD_AT = KIND_AT + 1 + TAIL_LENGTH_DIGITS;
const RECORD_IN_HEAD = BODY_LENGTH - RECORD_AT;
const BASIS = 0x811c9dc5;
/**
 * Only lowercase letters and digits: no encoding of a URL, of HTML or of a script changes them. The third character tells the
 * kind (`s`, `n`: the flow is in a store; `v`, `w`: it is in the prefix) and whether the client sent a state (`s`, `v`) or none
 * (`n`, `w`): an absent state and an empty one must come back as they were. All kinds have heads of the same form, so any
 * gateway recognises each kind, and text that only looks like a prefix costs no more than a head.
 */
const HEAD = /pg[snvw][a-z0-9]{29}/y;
const TAIL = /[a-z0-9]*/y;

/** Builds the prefix of the client's state for the upstream. `random`: 20 random bytes. */
export function buildFlowPrefix(upstream: string, hadState: boolean, random: Buffer): string {
  if (random.length !== FLOW_PREFIX_RANDOM_BYTES) {
    throw new RangeError(`a flow prefix takes ${FLOW_PREFIX_RANDOM_BYTES} random bytes`);
  }
  let body = `${START}${hadState ? 's' : 'n'}`;
  for (let at = 0; at < random.length; at += GROUP_BYTES) {
    body += (random.readUInt32BE(at) % GROUPS).toString(36).padStart(GROUP_LENGTH, '0');
  }
  return withChecksum(upstream, body);
}

/** Builds a prefix that contains the flow. `record`: 23 to 1296 lowercase letters and digits. */
export function buildSealedPrefix(upstream: string, hadState: boolean, record: string): string {
  if (record.length < RECORD_IN_HEAD || record.length > LONGEST_SEALED_FLOW) {
    throw new RangeError(`a flow prefix holds ${RECORD_IN_HEAD} to ${LONGEST_SEALED_FLOW} characters`);
  }
  const tail = record.slice(RECORD_IN_HEAD);
  const digits = tail.length.toString(36).padStart(TAIL_LENGTH_DIGITS, '0');
  const head = `${START}${hadState ? 'v' : 'w'}${digits}${record.slice(0, RECORD_IN_HEAD)}`;
  return withChecksum(upstream, head) + tail;
}

/** The record in a prefix of this upstream; `undefined` for other text, and for a prefix whose flow is in a store. */
export function sealedFlowOf(upstream: string, prefix: string): string | undefined {
  if (!isSealedKind(prefix.charAt(KIND_AT))) return undefined;
  if (flowPrefixAt(seedOf(upstream), prefix, 0) !== prefix) return undefined;
  return prefix.slice(RECORD_AT, BODY_LENGTH) + prefix.slice(FLOW_PREFIX_LENGTH);
}

/** Whether the client sent a state, by a complete prefix. */
export function hadStateOf(prefix: string): boolean {
  const kind = prefix.charAt(KIND_AT);
  return kind === 's' || kind === 'v';
}

/** The flow prefix of this upstream at the beginning of a state; `undefined` if there is none. */
export function parseFlowPrefix(upstream: string, state: string): ParsedFlowPrefix | undefined {
  const prefix = flowPrefixAt(seedOf(upstream), state, 0);
  if (prefix === undefined) return undefined;
  return { prefix, clientState: hadStateOf(prefix) ? state.slice(prefix.length) : undefined };
}

/** The first flow prefix of this upstream anywhere in a text. Linear in the text's length. */
export function findFlowPrefix(
  upstream: string,
  text: string,
  from = 0,
): { readonly prefix: string; readonly index: number } | undefined {
  let index = text.indexOf(START, from);
  if (index === -1) return undefined;
  const seed = seedOf(upstream);
  for (; index !== -1; index = text.indexOf(START, index + 1)) {
    const prefix = flowPrefixAt(seed, text, index);
    if (prefix !== undefined) return { prefix, index };
  }
  return undefined;
}

function flowPrefixAt(seed: number, text: string, index: number): string | undefined {
  HEAD.lastIndex = index;
  if (!HEAD.test(text)) return undefined;
  const headEnd = index + FLOW_PREFIX_LENGTH;
  if (!text.startsWith(checksum(seed, text, index), index + BODY_LENGTH)) return undefined;
  if (!isSealedKind(text.charAt(index + KIND_AT))) return text.slice(index, headEnd);
  const tailLength = Number.parseInt(text.slice(index + KIND_AT + 1, index + RECORD_AT), 36);
  const prefix = text.slice(index, headEnd + tailLength);
  TAIL.lastIndex = FLOW_PREFIX_LENGTH;
  TAIL.test(prefix);
  return prefix.length === FLOW_PREFIX_LENGTH + tailLength && TAIL.lastIndex === prefix.length
    ? prefix
    : undefined;
}

function isSealedKind(kind: string): boolean {
  return kind === 'v' || kind === 'w';
}

function withChecksum(upstream: string, body: string): string {
  return body + checksum(seedOf(upstream), body, 0);
}

/**
 * Covers the characters before it, and the upstream through the seed. It is no security measure, because anybody can compute
 * it: it distinguishes this upstream's prefixes from a client's state that happens to look like one. Only the store, or the
 * sealing key, makes a prefix valid. So it is cheap (FNV-1a with a final mix): a page full of such texts costs no digests.
 */
function checksum(seed: number, text: string, index: number): string {
  let hash = hashText(text, seed, index, index + BODY_LENGTH);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = (hash ^ (hash >>> 13)) >>> 0;
  return (hash % 36 ** CHECKSUM_LENGTH).toString(36).padStart(CHECKSUM_LENGTH, '0');
}

let lastUpstream: string | undefined;
let lastSeed = 0;

/** Cached, because all texts of a page are searched for the same upstream. */
function seedOf(upstream: string): number {
  if (upstream !== lastUpstream) {
    lastSeed = hashText(upstream, BASIS);
    lastUpstream = upstream;
  }
  return lastSeed;
}

function hashText(text: string, seed: number, from = 0, to = text.length): number {
  let hash = seed;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
