import type { Address } from '../config/config.ts';

const SLOTS = 16_384;

/** Who has which keys of a cluster. */
export type SlotMap = {
  /** The primary of each slot, by its number; none where nobody has it. */
  readonly owners: readonly (Address | undefined)[];
  readonly primaries: readonly Address[];
  /** Primaries and replicas. */
  readonly nodes: readonly Address[];
};

/** The slot of a key: CRC16 (XMODEM) of what stands in its first braces, or else of all of it. */
export function slotOf(key: string): number {
  let crc = 0;
  for (const byte of Buffer.from(hashTag(key))) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    crc &= 0xffff;
  }
  return crc % SLOTS;
}

/**
 * Reads the reply to CLUSTER SLOTS: `[first, last, primary, …replicas]` for each range, a node as `[host, port, …]`. A
 * node that does not know its own host is the one that was asked. `undefined` where no slot has an owner.
 */
export function parseSlots(reply: unknown, asked: Address): SlotMap | undefined {
  const owners = new Array<Address | undefined>(SLOTS).fill(undefined);
  const primaries = new Map<string, Address>();
  const nodes = new Map<string, Address>();
  for (const range of Array.isArray(reply) ? reply : []) {
    const [first, last, ...servers] = Array.isArray(range) ? range : [];
    const [primary, ...replicas] = servers.flatMap((server) => parseNode(server, asked));
    if (primary === undefined) continue;
    for (const node of [primary, ...replicas]) nodes.set(nodeKey(node), node);
    primaries.set(nodeKey(primary), primary);
    owners.fill(primary, Number(first), Number(last) + 1);
  }
  if (primaries.size === 0) return undefined;
  return { owners, primaries: [...primaries.values()], nodes: [...nodes.values()] };
}

export function nodeKey({ host, port }: Address): string {
  return `${host}:${port}`;
}

function parseNode(node: unknown, asked: Address): Address[] {
  const [host, port] = Array.isArray(node) ? node : [];
  if (typeof port !== 'number') return [];
  const known = typeof host === 'string' && host !== '' && host !== '?';
  return [{ host: known ? host : asked.host, port }];
}

function hashTag(key: string): string {
  const open = key.indexOf('{');
  const close = key.indexOf('}', open + 1);
  return open === -1 || close <= open + 1 ? key : key.slice(open + 1, close);
}
