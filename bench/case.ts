/**
 * A benchmark: one file of bench/cases, which exports `benchmark`. It measures, and says what each
 * figure must be; bench/main.ts runs it, compares and prints.
 */
export type Benchmark = {
  readonly name: string;
  readonly targets: readonly Target[];
  /** Why it cannot run here, or undefined. */
  unavailable?(context: Context): string | undefined;
  /** Measures; figures without a target are reported too. */
  run(context: Context): Promise<Measurement>;
};

/** A promise about one figure. */
export type Target = { readonly figure: string } & ({ readonly atMost: number } | { readonly atLeast: number });

export type Figure = {
  /** In the case's words, e.g. `up of 1,000 hosts`. */
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
};

export type Measurement = {
  readonly figures: readonly Figure[];
  /** Targets that could not be measured here, by figure, and why. */
  readonly unmeasured?: Readonly<Record<string, string>>;
  /** What the figures were made of, for build/bench.json. */
  readonly samples?: unknown;
};

export type Context = {
  /** Who runs labs: an ordinary user. */
  readonly user: BenchUser;
  /** Whether this process is root, as Mininet must be. */
  readonly isRoot: boolean;
  /** Says what is going on, on standard error. */
  note(text: string): void;
};

export type BenchUser = {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
};

/** The least value that so many percent of them do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("percentile of no values");
  return value;
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half];
  if (upper === undefined) throw new RangeError("median of no values");
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2;
}
