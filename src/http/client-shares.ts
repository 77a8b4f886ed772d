/** How many clients without a share are remembered: a Map that shrinks and grows with every request costs more than their addresses. */
const IDLE_LIMIT = 1_000;

/** Counts how much of a resource each client uses, by its address. */
export class ClientShares {
  readonly #held = new Map<string, number>();
  #idle = 0;

  of(client: string): number {
    return this.#held.get(client) ?? 0;
  }

  take(client: string): void {
    const held = this.#held.get(client);
    if (held === 0) this.#idle -= 1;
    this.#held.set(client, (held ?? 0) + 1);
  }

  giveBack(client: string): void {
    const held = this.of(client) - 1;
    this.#held.set(client, held);
    if (held > 0) return;
    this.#idle += 1;
    if (this.#idle > IDLE_LIMIT) this.#forgetIdle();
  }

  #forgetIdle(): void {
    for (const [client, held] of this.#held) if (held === 0) this.#held.delete(client);
    this.#idle = 0;
  }
}
