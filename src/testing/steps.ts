/** A line of the test's log: what began, ended or failed, and when, in milliseconds since the lab was asked for. */
export type StepEntry = {
  readonly ms: number;
  readonly level: "info" | "debug";
  readonly text: string;
};

/** What a test does to its lab, step by step: to standard error as it happens, and kept for its folder. */
export class StepLog {
  readonly #entries: StepEntry[] = [];
  readonly #began = performance.now();
  readonly #prints: boolean;

  constructor(log: "silent" | "info") {
    this.#prints = log === "info";
  }

  get entries(): readonly StepEntry[] {
    return this.#entries;
  }

  /** One line each: milliseconds, what happened. */
  get text(): string {
    return this.#entries
      .map(({ ms, level, text }) => `${String(ms).padStart(8)} ${level.padEnd(5)} ${text}\n`)
      .join("");
  }

  debug(text: string): void {
    this.#entries.push({ ms: this.#now, level: "debug", text });
  }

  /** `Start lab office... done`, or `... failed: why`. */
  async step<Value>(title: string, body: () => Promise<Value>): Promise<Value> {
    this.debug(`${title}...`);
    try {
      const value = await body();
      this.#info(`${title}... done`);
      return value;
    } catch (error) {
      this.#info(`${title}... failed: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  #info(text: string): void {
    this.#entries.push({ ms: this.#now, level: "info", text });
    if (this.#prints) process.stderr.write(`${text}\n`);
  }

  get #now(): number {
    return Math.round(performance.now() - this.#began);
  }
}
