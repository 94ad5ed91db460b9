/** So many failures in a row are free. */
const freeFailures = 5;
/** From then on each doubles the wait, in milliseconds, up to the longest. */
const firstWaitMs = 1_000;
const longestWaitMs = 15 * 60_000;
/** Names that somebody makes up are forgotten, the oldest first. */
const mostNames = 10_000;

/** Slows down guessing, by name and by address: after some failures each attempt has to wait twice as long. */
export class LockOut {
  readonly #failures = new Map<string, { readonly count: number; readonly until: number }>();
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** How many seconds until the next attempt is listened to; 0: now. */
  waitSeconds(keys: readonly string[]): number {
    const until = Math.max(0, ...keys.map((key) => this.#failures.get(key)?.until ?? 0));
    return Math.max(0, Math.ceil((until - this.#clock()) / 1000));
  }

  failed(keys: readonly string[]): void {
    for (const key of keys) {
      const count = (this.#failures.get(key)?.count ?? 0) + 1;
      const waitMs = count < freeFailures ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** (count - freeFailures));
      this.#failures.delete(key);
      this.#failures.set(key, { count, until: this.#clock() + waitMs });
    }
    for (const key of this.#failures.keys()) {
      if (this.#failures.size <= mostNames) break;
      this.#failures.delete(key);
    }
  }

  /** Takes back a failure that was none. */
  forgive(keys: readonly string[]): void {
    for (const key of keys) {
      const count = (this.#failures.get(key)?.count ?? 0) - 1;
      if (count > 0) this.#failures.set(key, { count, until: 0 });
      else this.#failures.delete(key);
    }
  }

  succeeded(keys: readonly string[]): void {
    for (const key of keys) this.#failures.delete(key);
  }
}
