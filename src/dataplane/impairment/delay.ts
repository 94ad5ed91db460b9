import { distributionEntries, distributionScale, normalDelays, paretoDelays } from "../../kernel/index.ts";
import type { Distribution } from "../contract.ts";

/** Tables by distribution; computed once, since that takes milliseconds. */
export type DelayTables = Readonly<Record<Exclude<Distribution, "uniform">, Int16Array>>;

export const computeDelayTables = (): DelayTables => ({ normal: normalDelays(), pareto: paretoDelays() });

const range = 4_294_967_296;
/** A draw's upper bits choose the entry. */
const entryShift = 32 - Math.log2(distributionEntries);

/** How long frames are delayed. */
export class Delay {
  readonly #delayMs: number;
  readonly #jitterMs: number;
  readonly #table: Int16Array | undefined;

  constructor(delayMs: number, jitterMs: number, distribution: Distribution, tables: DelayTables) {
    this.#delayMs = delayMs;
    this.#jitterMs = jitterMs;
    this.#table = distribution === "uniform" ? undefined : tables[distribution];
  }

  /** Whether every frame has the same delay, so that nothing need be drawn. */
  get isFixed(): boolean {
    return this.#jitterMs === 0;
  }

  /** @param draw evenly from 0 to 2^32 - 1. At least 0. */
  ofMs(draw: number): number {
    if (this.#jitterMs === 0) return this.#delayMs;
    const deviation =
      this.#table === undefined
        ? (2 * draw) / range - 1
        : (this.#table[draw >>> entryShift] as number) / distributionScale;
    return Math.max(0, this.#delayMs + this.#jitterMs * deviation);
  }
}
