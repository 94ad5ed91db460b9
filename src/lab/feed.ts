/** An append-only list that many readers follow, each at its own pace, without losing or repeating an item. */
export class Feed<Item> {
  readonly #items: Item[] = [];
  readonly #listeners = new Set<(item: Item) => void>();
  readonly #wakers = new Set<() => void>();
  #closed = false;

  get length(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    this.#items.push(item);
    for (const listener of this.#listeners) listener(item);
    this.#wake();
  }

  /** Readers that follow end after the last item. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  subscribe(listener: (item: Item) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async *read(start: number, options: { follow: boolean; signal: AbortSignal }): AsyncGenerator<Item> {
    for (let index = start; ; ) {
      while (index < this.#items.length) yield this.#items[index++] as Item;
      if (!options.follow || this.#closed || options.signal.aborted) return;
      await this.#next(options.signal);
    }
  }

  async #next(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wakers.add(resolve);
    const abort = () => resolve();
    signal.addEventListener("abort", abort, { once: true });
    await promise;
    signal.removeEventListener("abort", abort);
    this.#wakers.delete(resolve);
  }

  #wake(): void {
    for (const wake of [...this.#wakers]) wake();
  }
}
