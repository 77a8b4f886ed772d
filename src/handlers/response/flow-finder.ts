import type { Carrier } from '../../oauth/carriers/carrier.ts';
import { type LiveFlow, StoreFault } from '../../store/flow-store.ts';
import type { Exchange } from '../exchange.ts';

/** The most clients for which a preserved state is looked up: those that list the place, or that an id_token names. */
const CANDIDATES = 8;

/** The most prefixes of a response that are looked up: anybody can make up hundreds that a page repeats. */
const LOOK_UPS = 32;

/** Finds the flow that a response belongs to, once for each prefix. */
export class FlowFinder {
  readonly #exchange: Exchange;
  readonly #found = new Map<string, Promise<LiveFlow | undefined>>();
  #last: LiveFlow | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Throws a `StoreFault`, also for a prefix too many: it is judged as while the store is away. */
  async find(carrier: Carrier, prefix: string | undefined): Promise<LiveFlow | undefined> {
    if (prefix !== undefined && this.#found.size >= LOOK_UPS && !this.#isKnown(prefix))
      throw new StoreFault('store_error', `a response has more than ${LOOK_UPS} flow prefixes`);
    const live = prefix === undefined ? await this.#findPreserved(carrier) : await this.findByPrefix(prefix);
    this.#last = live ?? this.#last;
    return live;
  }

  #isKnown(prefix: string): boolean {
    return this.#exchange.flow?.prefix === prefix || this.#found.has(prefix);
  }

  /** From the flow that was found last, or that the request belongs to. */
  get realm(): string {
    return this.#flow?.realm ?? this.#exchange.realm;
  }

  get redirectUri(): string | undefined {
    return this.#flow?.redirectUri;
  }

  get #flow() {
    return this.#last?.flow ?? this.#exchange.flow?.flow;
  }

  /** Throws a `StoreFault`. */
  findByPrefix(prefix: string): Promise<LiveFlow | undefined> {
    const { flow, group, services } = this.#exchange;
    if (flow?.prefix === prefix) return Promise.resolve(flow);
    const known = this.#found.get(prefix);
    if (known !== undefined) return known;
    const found = services.store.findFlow(group.key, prefix);
    this.#found.set(prefix, found);
    return found;
  }

  /** Finds it by the client's own state: the client lists the place, or is the audience of the id_token. Servers that ignore `response_mode=jwt` answer without a token. */
  async #findPreserved(carrier: Carrier): Promise<LiveFlow | undefined> {
    const { flow, group, services } = this.#exchange;
    if (carrier.codes.length === 0 && !carrier.hasError && carrier.jarm === undefined) return undefined;
    if (!services.store.keepsRecords) return undefined;
    const state = carrier.states[0] ?? '';
    for (const clientId of this.#candidates(carrier)) {
      // Available without the store if the server answers the request that began the flow.
      const isOwn = flow !== undefined && flow.prefix === undefined && flow.flow.clientId === clientId;
      const live = isOwn ? flow : await services.store.findPreservedFlow(group.key, clientId, state);
      if (live !== undefined) return live;
    }
    return undefined;
  }

  #candidates({ target, audience }: Carrier): Iterable<string> {
    const clients = new Set<string>(audience);
    const own = this.#exchange.flow;
    if (own?.prefix === undefined && own !== undefined) clients.add(own.flow.clientId);
    if (target !== undefined) {
      const owners = this.#exchange.group.targetAt(target, true).owners.map(({ policy }) => policy);
      // Others preserve a state only sometimes.
      const first = owners.filter(({ state }) => state === 'preserve');
      for (const { name } of [...first, ...owners]) clients.add(name);
    }
    return [...clients].slice(0, CANDIDATES);
  }
}
