/** Counts how much of a resource each client uses, by its address. */
export class ClientShares {
  readonly #held = new Map<string, number>();

  of(client: string): number {
    return this.#held.get(client) ?? 0;
  }

  take(client: string): void {
    this.#held.set(client, this.of(client) + 1);
  }

  giveBack(client: string): void {
    const held = this.of(client) - 1;
    if (held > 0) this.#held.set(client, held);
    else this.#held.delete(client);
  }
}
