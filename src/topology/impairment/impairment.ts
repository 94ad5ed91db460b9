/**
 * What a direction of a link does to the frames on it, with every unit resolved. The wire process
 * takes the same shape (src/dataplane/contract.ts), which says what happens to a frame in which order.
 */

/**
 * How delays lie around `delayMs`: `uniform` evenly between `delayMs - jitterMs` and `delayMs +
 * jitterMs`; `normal` and `pareto` with the mean `delayMs` and the standard deviation `jitterMs`.
 */
export type Distribution = "uniform" | "normal" | "pareto";
export const distributions = ["uniform", "normal", "pareto"] as const satisfies readonly Distribution[];

export type Loss =
  /** Each frame with this probability, for itself. */
  { readonly uniform: number } | { readonly gilbertElliott: GilbertElliott };

/** Loss in bursts: a good and a bad state, and the probability of loss in each (Gilbert 1960, Elliott 1963). */
export type GilbertElliott = {
  /** Probability of going from good to bad, at each frame. */
  readonly p: number;
  /** Probability of going from bad to good, at each frame. Bursts last 1/r frames in the mean. */
  readonly r: number;
  readonly goodLoss: number;
  readonly badLoss: number;
};

/** What may wait for the rate. */
export type QueueLimit = { readonly packets: number } | { readonly bytes: number };

export type Reorder = {
  /** Of a frame being sent at once while others are delayed. */
  readonly probability: number;
  /** At least `gap - 1` frames are delayed between two that are not; 1 when absent. */
  readonly gap?: number;
};

/** One direction of a link; probabilities from 0 to 1. What is absent does not happen. */
export type Impairment = {
  readonly delayMs?: number;
  readonly jitterMs?: number;
  /** `uniform` when absent. */
  readonly distribution?: Distribution;
  /** Frames overtake each other as their delays say. Otherwise they keep their order. */
  readonly jitterReorders?: boolean;
  readonly loss?: Loss;
  readonly duplicate?: number;
  readonly corrupt?: number;
  readonly reorder?: Reorder;
  /** Bits per second, Ethernet header included. */
  readonly rateBps?: number;
  /** 1,000 packets when absent. */
  readonly queue?: QueueLimit;
};

/** Both directions of a link; a direction that is absent is not impaired. */
export type Impairments = { readonly ab?: Impairment; readonly ba?: Impairment };
