import type { Impairment } from "../contract.ts";
import { Delay, type DelayTables } from "./delay.ts";
import { Draws, threshold } from "./draws.ts";
import { type LossModel, lossModel } from "./loss.ts";

const range = 4_294_967_296;

/** The chances of what happens to a frame that is not lost. */
type Odds = {
  readonly corruptBelow: number;
  readonly reorderBelow: number;
  readonly gap: number;
  readonly delay: Delay;
};

/** What is decided about a frame that goes on. One object, decided anew for every frame. */
class Fate {
  readonly #corrupt: Draws;
  readonly #corruptBit: Draws;
  readonly #reorder: Draws;
  readonly #delay: Draws;
  /** Where in the frame a bit is inverted: from 0 (the first) to just below 1; -1: none is. */
  corruptAt = -1;
  /** Whether it skips the delay. */
  atOnce = false;
  /** 0 when it skips the delay. */
  delayMs = 0;

  constructor(corrupt: Draws, corruptBit: Draws, reorder: Draws, delay: Draws) {
    this.#corrupt = corrupt;
    this.#corruptBit = corruptBit;
    this.#reorder = reorder;
    this.#delay = delay;
  }

  /** @param sinceReorder how many frames were delayed since the last one that was not */
  decide(n: number, odds: Odds, sinceReorder: number): void {
    const { corruptBelow, reorderBelow, gap, delay } = odds;
    this.corruptAt = corruptBelow > 0 && this.#corrupt.at(n) < corruptBelow ? this.#corruptBit.at(n) / range : -1;
    this.atOnce = reorderBelow > 0 && sinceReorder >= gap - 1 && this.#reorder.at(n) < reorderBelow;
    this.delayMs = this.atOnce ? 0 : delay.ofMs(delay.isFixed ? 0 : this.#delay.at(n));
  }
}

/** Decides, frame by frame, what an impairment does to the frames of one direction: steps 2 to 5 of contract.ts. */
export class Decisions {
  readonly #seed: number;
  readonly #direction: 0 | 1;
  readonly #tables: DelayTables;
  readonly #duplicate: Draws;
  #loss: LossModel | undefined;
  #duplicateBelow = 0;
  #odds: Odds;
  #isNothing = true;
  /** Of the next frame. */
  #n = 0;
  #sinceReorder = 0;

  /** About the last frame: whether the loss model took it, whether it was doubled, how many of the two were lost. */
  doubled = false;
  losses = 0;
  /** Whether the frame itself goes on, and its copy; how is in their fates. */
  goesOn = false;
  copyGoesOn = false;
  readonly original: Fate;
  readonly copy: Fate;

  constructor(seed: number, direction: 0 | 1, tables: DelayTables) {
    this.#seed = seed;
    this.#direction = direction;
    this.#tables = tables;
    const draws = (purpose: ConstructorParameters<typeof Draws>[2]) => new Draws(seed, direction, purpose);
    this.#duplicate = draws("duplicate");
    this.original = new Fate(draws("corrupt"), draws("corruptBit"), draws("reorder"), draws("delay"));
    this.copy = new Fate(draws("copyCorrupt"), draws("copyCorruptBit"), draws("copyReorder"), draws("copyDelay"));
    this.#odds = this.#oddsOf({});
  }

  /** For frames from now on. */
  set(impairment: Impairment): void {
    const { delayMs = 0, jitterMs = 0, loss, duplicate = 0, corrupt = 0 } = impairment;
    this.#loss = lossModel(loss, this.#seed, this.#direction, this.#loss);
    this.#duplicateBelow = threshold(duplicate);
    this.#odds = this.#oddsOf(impairment);
    this.#isNothing = this.#loss === undefined && duplicate === 0 && corrupt === 0 && delayMs === 0 && jitterMs === 0;
  }

  /** Whether frames pass as if there were no impairment. */
  get isNothing(): boolean {
    return this.#isNothing;
  }

  /** Decides about the next frame, which counts whatever happens to it. */
  next(): void {
    const n = this.#n++;
    if (this.#isNothing) {
      this.doubled = false;
      this.losses = 0;
      this.goesOn = true;
      this.copyGoesOn = false;
      this.original.decide(n, this.#odds, 0);
      return;
    }
    this.doubled = this.#duplicateBelow > 0 && this.#duplicate.at(n) < this.#duplicateBelow;
    const lost = this.#loss?.loses(n) ?? false;
    // Doubled and lost at once: one goes on, as in netem_enqueue(), where the count of copies is 1 + 1 - 1.
    this.goesOn = this.doubled || !lost;
    const copied = this.doubled && !lost;
    this.copyGoesOn = copied && !(this.#loss?.losesCopy(n) ?? false);
    this.losses = (lost ? 1 : 0) + (copied && !this.copyGoesOn ? 1 : 0);
    if (this.copyGoesOn) this.#decide(this.copy, n);
    if (this.goesOn) this.#decide(this.original, n);
  }

  #decide(fate: Fate, n: number): void {
    fate.decide(n, this.#odds, this.#sinceReorder);
    this.#sinceReorder = fate.atOnce ? 0 : this.#sinceReorder + 1;
  }

  #oddsOf({ corrupt = 0, reorder, delayMs = 0, jitterMs = 0, distribution = "uniform" }: Impairment): Odds {
    return {
      corruptBelow: threshold(corrupt),
      reorderBelow: threshold(reorder?.probability ?? 0),
      gap: reorder?.gap ?? 1,
      delay: new Delay(delayMs, jitterMs, distribution, this.#tables),
    };
  }
}
