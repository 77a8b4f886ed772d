export type ParsedFlowPrefix = {
  readonly prefix: string;
  /** The client's own state, byte for byte; `undefined` where it sent none. */
  readonly clientState: string | undefined;
};

export type FoundFlowPrefix = {
  readonly prefix: string;
  /** Where in the text it begins. */
  readonly index: number;
};

/** Bytes of randomness that `buildFlowPrefix` takes. */
export const FLOW_PREFIX_RANDOM_BYTES = 16;
/** The length of the longest prefix. A search in pieces of a text keeps one character less from each piece. */
export const FLOW_PREFIX_MAX_LENGTH = 32;

const START = 'pg';
const RANDOM_LENGTH = 25; // 128 bits in base 36
const BODY_LENGTH = START.length + 1 + RANDOM_LENGTH;
const CHECKSUM_LENGTH = 4;
const BASIS = 0x811c9dc5;
/**
 * Only lowercase letters and digits: no encoding of a URL, of HTML or of a script changes them. The third character tells
 * how long the prefix is, so that other kinds can be longer, and whether the client sent a state (`s`) or none (`n`): an
 * absent state and an empty one must come back as they were.
 */
const WELL_FORMED = /pg[sn][a-z0-9]{29}/y;
const KIND_AT = START.length;

/** What goes in front of the client's state on its way upstream. `random`: 16 random bytes. */
export function buildFlowPrefix(upstream: string, hadState: boolean, random: Buffer): string {
  if (random.length !== FLOW_PREFIX_RANDOM_BYTES) {
    throw new RangeError(`a flow prefix takes ${FLOW_PREFIX_RANDOM_BYTES} random bytes`);
  }
  const digits = BigInt(`0x${random.toString('hex')}`)
    .toString(36)
    .padStart(RANDOM_LENGTH, '0');
  const body = `${START}${hadState ? 's' : 'n'}${digits}`;
  return body + checksum(hashText(upstream, BASIS), body, 0);
}

/** The flow prefix that a state begins with; `undefined` where it begins with none of this upstream's. */
export function parseFlowPrefix(upstream: string, state: string): ParsedFlowPrefix | undefined {
  const prefix = flowPrefixAt(hashText(upstream, BASIS), state, 0);
  if (prefix === undefined) return undefined;
  const hadState = prefix.charAt(KIND_AT) === 's';
  return { prefix, clientState: hadState ? state.slice(prefix.length) : undefined };
}

/** The first flow prefix of this upstream in a text, wherever it stands. Linear in the text's length. */
export function findFlowPrefix(upstream: string, text: string, from = 0): FoundFlowPrefix | undefined {
  const seed = hashText(upstream, BASIS);
  for (let index = text.indexOf(START, from); index !== -1; index = text.indexOf(START, index + 1)) {
    const prefix = flowPrefixAt(seed, text, index);
    if (prefix !== undefined) return { prefix, index };
  }
  return undefined;
}

function flowPrefixAt(seed: number, text: string, index: number): string | undefined {
  WELL_FORMED.lastIndex = index;
  if (!WELL_FORMED.test(text)) return undefined;
  const isOurs = text.startsWith(checksum(seed, text, index), index + BODY_LENGTH);
  return isOurs ? text.slice(index, WELL_FORMED.lastIndex) : undefined;
}

/**
 * Of the characters before it, and of the upstream by way of the seed. No security measure: anybody can compute it. It tells
 * this upstream's prefixes from a client's state that happens to look like one. The random part makes a prefix unguessable,
 * and the store makes it valid. So it is cheap (FNV-1a with a final mix): a page full of texts that look like prefixes costs
 * no digests.
 */
function checksum(seed: number, text: string, index: number): string {
  let hash = hashText(text, seed, index, index + BODY_LENGTH);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = (hash ^ (hash >>> 13)) >>> 0;
  return (hash % 36 ** CHECKSUM_LENGTH).toString(36).padStart(CHECKSUM_LENGTH, '0');
}

function hashText(text: string, seed: number, from = 0, to = text.length): number {
  let hash = seed;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
