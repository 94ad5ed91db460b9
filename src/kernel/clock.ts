import { hotCalls } from "./hot-calls.ts";
import { addressOf, check, pinned } from "./libc.ts";

/** clock_gettime(2). */
const CLOCK_REALTIME = 0;
/** prctl(2). */
const PR_SET_TIMERSLACK = 29;

/**
 * The time of day, read beside `performance.now()`, so that a moment of one clock can be said in the
 * other. The time of day may be set at any moment: read it again before it matters.
 */
export class WallClock {
  readonly #time = pinned(16);
  readonly #fields = new Int32Array(this.#time.buffer);
  readonly #address = Number(addressOf(this.#time));
  #seconds = 0;
  /** What is added to `performance.now()` to get milliseconds since `#seconds`. */
  #offsetMs = 0;

  constructor() {
    check("clock_gettime", hotCalls.clockGettime(CLOCK_REALTIME, this.#address));
    this.#seconds = this.#fields[0] as number;
    this.read();
  }

  /** @returns `performance.now()` after this reading, in milliseconds */
  read(): number {
    const beforeMs = performance.now();
    check("clock_gettime", hotCalls.clockGettime(CLOCK_REALTIME, this.#address));
    const afterMs = performance.now();
    // struct timespec: seconds and nanoseconds, 64 bits each.
    const realMs = ((this.#fields[0] as number) - this.#seconds) * 1000 + (this.#fields[2] as number) / 1e6;
    // This process may have stood still between the two clocks, so the difference is only known to lie
    // between two bounds. It stays what it was as long as that can be true.
    this.#offsetMs = Math.min(realMs - beforeMs, Math.max(realMs - afterMs, this.#offsetMs));
    return afterMs;
  }

  /** A time of day as `performance.now()` would have said it, as far as can be told from the last reading. */
  toMonotonicMs(seconds: number, nanoseconds: number): number {
    return (seconds - this.#seconds) * 1000 + nanoseconds / 1e6 - this.#offsetMs;
  }

  /** Seconds since 1970 of a moment of `performance.now()`; the rest is in `nanosecondsOf`. */
  secondsOf(monotonicMs: number): number {
    return this.#seconds + Math.floor((monotonicMs + this.#offsetMs) / 1000);
  }

  nanosecondsOf(monotonicMs: number): number {
    const ms = monotonicMs + this.#offsetMs;
    return Math.min(999_999_999, Math.round((ms - Math.floor(ms / 1000) * 1000) * 1e6));
  }
}

/**
 * How late the kernel may end this thread's waits so that it can end several at once: 50 µs unless
 * asked otherwise (PR_SET_TIMERSLACK, prctl(2)).
 *
 * @throws {KernelError}
 */
export function setTimerSlack(nanoseconds: number): void {
  check("prctl PR_SET_TIMERSLACK", hotCalls.prctl(PR_SET_TIMERSLACK, nanoseconds));
}
