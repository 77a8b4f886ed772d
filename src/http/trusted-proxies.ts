import { BlockList, isIP } from 'node:net';

/** The proxies whose X-Forwarded-*, Forwarded and request id are trusted. */
export class TrustedProxies {
  /** The header with their request id. */
  readonly requestIdHeader: string;
  readonly #list = new BlockList();
  readonly #empty: boolean;

  /** `entries`: addresses and CIDR ranges. */
  constructor(entries: readonly string[], requestIdHeader = 'X-Request-Id') {
    this.requestIdHeader = requestIdHeader;
    this.#empty = entries.length === 0;
    for (const entry of entries) {
      const [address = '', bits] = entry.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  trusts(address: string): boolean {
    if (this.#empty) return false;
    const family = isIP(address);
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}
