import type { GilbertElliott, Loss } from "../contract.ts";
import { Draws, threshold } from "./draws.ts";

/** Which frames of a direction are lost. Ask once for each frame, in order. */
export type LossModel = {
  /** Whether the n-th frame is lost. */
  loses(n: number): boolean;
  /** Whether the copy of the n-th frame is; after `loses(n)`. */
  losesCopy(n: number): boolean;
};

/** @param previous the model in force so far: a Gilbert–Elliott model that stays one keeps its state */
export function lossModel(
  loss: Loss | undefined,
  seed: number,
  direction: 0 | 1,
  previous: LossModel | undefined,
): LossModel | undefined {
  if (loss === undefined) return undefined;
  if ("uniform" in loss) return loss.uniform === 0 ? undefined : new UniformLoss(loss.uniform, seed, direction);
  const wasBad = previous instanceof GilbertElliottLoss && previous.isBad;
  return new GilbertElliottLoss(loss.gilbertElliott, seed, direction, wasBad);
}

class UniformLoss implements LossModel {
  readonly #below: number;
  readonly #draws: Draws;
  readonly #copyDraws: Draws;

  constructor(probability: number, seed: number, direction: 0 | 1) {
    this.#below = threshold(probability);
    this.#draws = new Draws(seed, direction, "loss");
    this.#copyDraws = new Draws(seed, direction, "copyLoss");
  }

  loses(n: number): boolean {
    return this.#draws.at(n) < this.#below;
  }

  losesCopy(n: number): boolean {
    return this.#copyDraws.at(n) < this.#below;
  }
}

class GilbertElliottLoss implements LossModel {
  readonly #toBad: number;
  readonly #toGood: number;
  readonly #goodLoss: number;
  readonly #badLoss: number;
  readonly #draws: Draws;
  readonly #stateDraws: Draws;
  readonly #copyDraws: Draws;
  #bad: boolean;
  /** Below what a draw for the frame asked for last is a loss. */
  #below = 0;

  constructor(model: GilbertElliott, seed: number, direction: 0 | 1, bad: boolean) {
    this.#toBad = threshold(model.p);
    this.#toGood = threshold(model.r);
    this.#goodLoss = threshold(model.goodLoss);
    this.#badLoss = threshold(model.badLoss);
    this.#draws = new Draws(seed, direction, "loss");
    this.#stateDraws = new Draws(seed, direction, "lossState");
    this.#copyDraws = new Draws(seed, direction, "copyLoss");
    this.#bad = bad;
  }

  get isBad(): boolean {
    return this.#bad;
  }

  loses(n: number): boolean {
    this.#below = this.#bad ? this.#badLoss : this.#goodLoss;
    const change = this.#stateDraws.at(n);
    this.#bad = this.#bad ? change >= this.#toGood : change < this.#toBad;
    return this.#draws.at(n) < this.#below;
  }

  losesCopy(n: number): boolean {
    return this.#copyDraws.at(n) < this.#below;
  }
}
