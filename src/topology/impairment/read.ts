import type { Catalogue, ErrorCode } from "../errors/catalogue.ts";
import { LabFileError, labError, type NetwrightError } from "../errors/error.ts";
import { nearest } from "../nearest.ts";
import type { Path } from "../source/source.ts";
import { type Distribution, distributions, type Impairment, type Loss, type Reorder } from "./impairment.ts";
import { type Preset, type PresetName, presetNames, presets } from "./presets.ts";
import type { BurstSettings, ImpairmentSettings } from "./settings.ts";
import { formatDelay, parseDelay, parseProbability, parseQueue, parseRate } from "./units.ts";

/** Which side of a preset a direction is: what the customer's end sends, or what it receives. */
export type PresetSide = "up" | "down";

/** Takes what is wrong; `Findings.error` is one. */
export type Report = <Code extends ErrorCode>(
  code: Code,
  details: Parameters<Catalogue[Code]["message"]>[0],
  path: Path,
) => void;

/** Settings and where they stand. */
export type ImpairmentLayer = { readonly settings: ImpairmentSettings; readonly path: Path };

/**
 * The impairment of one direction: each layer on top of those before it, and within a layer its keys on
 * top of its preset.
 *
 * @param layers for example what a link says for both directions, and then for this one
 * @param side which a preset is taken from where it does not say so itself
 * @returns undefined after reporting what is wrong
 */
export function readImpairment(
  layers: readonly ImpairmentLayer[],
  side: PresetSide,
  report: Report,
): Impairment | undefined {
  const reader = new Reader(report);
  const merged = layers.reduce<Mutable>((below, layer) => reader.apply(below, layer, side), {});
  reader.check(merged, layers.at(-1)?.path ?? []);
  return reader.failed ? undefined : merged;
}

/**
 * The impairment that somebody asks for while the lab runs.
 *
 * @throws LabFileError with all that is wrong with the settings
 */
export function impairmentOf(settings: ImpairmentSettings, side: PresetSide): Impairment {
  const errors: NetwrightError[] = [];
  const impairment = readImpairment([{ settings, path: [] }], side, (code, details) => {
    errors.push(labError(code, details));
  });
  if (impairment === undefined) throw new LabFileError(errors);
  return impairment;
}

type Mutable = { -readonly [Key in keyof Impairment]: Impairment[Key] };

/** Longer than any signal takes within the solar system; a mistyped unit is likelier. */
const longestDelayMs = 24 * 3600 * 1000;

class Reader {
  readonly #report: Report;
  failed = false;

  constructor(report: Report) {
    this.#report = report;
  }

  /** `below` with a layer on it. */
  apply(below: Mutable, { settings, path }: ImpairmentLayer, side: PresetSide): Mutable {
    const preset = settings.preset === undefined ? {} : this.#preset(settings.preset, side, [...path, "preset"]);
    const result: Mutable = { ...below, ...preset };
    this.#applyDelay(result, settings, path);
    this.#applyChances(result, settings, path);
    this.#applyRate(result, settings, path);
    return result;
  }

  #applyDelay(result: Mutable, settings: ImpairmentSettings, path: Path): void {
    if (settings.delay !== undefined) {
      const delayMs = this.#delay("delay", settings.delay, path);
      if (delayMs === 0) drop(result, "delayMs", "jitterMs", "distribution", "jitterReorders", "reorder");
      else if (delayMs !== undefined) result.delayMs = delayMs;
    }
    if (settings.jitter !== undefined) {
      const jitterMs = this.#delay("jitter", settings.jitter, path);
      if (jitterMs === 0) drop(result, "jitterMs", "distribution", "jitterReorders");
      else if (jitterMs !== undefined) result.jitterMs = jitterMs;
    }
    if (settings.distribution !== undefined) {
      const { distribution } = settings;
      if (distributions.some((known) => known === distribution)) result.distribution = distribution as Distribution;
      else this.#invalid("distribution", distribution, distributions.join(", "), path);
    }
    if (settings["jitter-reorders"] === true) result.jitterReorders = true;
    else if (settings["jitter-reorders"] === false) drop(result, "jitterReorders");
  }

  #applyChances(result: Mutable, settings: ImpairmentSettings, path: Path): void {
    const { loss, reorder } = settings;
    if (typeof loss === "string") {
      const uniform = this.#probability("loss", loss, path);
      if (uniform === 0) drop(result, "loss");
      else if (uniform !== undefined) result.loss = { uniform };
    } else if (loss !== undefined) {
      const bursts = this.#bursts(loss, [...path, "loss"]);
      if (bursts !== undefined) result.loss = bursts;
    }
    for (const key of ["duplicate", "corrupt"] as const) {
      const text = settings[key];
      if (text === undefined) continue;
      const probability = this.#probability(key, text, path);
      if (probability === 0) drop(result, key);
      else if (probability !== undefined) result[key] = probability;
    }
    if (reorder === undefined) return;
    const { probability: text, gap = 1 } = typeof reorder === "string" ? { probability: reorder } : reorder;
    const at = typeof reorder === "string" ? path : [...path, "reorder"];
    const probability = this.#probability(typeof reorder === "string" ? "reorder" : "probability", text, at);
    if (!(Number.isSafeInteger(gap) && gap >= 1 && gap <= 0xffff_ffff)) {
      this.#outOfRange("gap", String(gap), "a whole number from 1 to 4294967295", at);
    } else if (probability === 0) drop(result, "reorder");
    else if (probability !== undefined) {
      result.reorder = { probability, ...(gap === 1 ? {} : { gap }) } satisfies Reorder;
    }
  }

  #applyRate(result: Mutable, { rate, queue }: ImpairmentSettings, path: Path): void {
    if (rate === "unlimited") drop(result, "rateBps", "queue");
    else if (rate !== undefined) {
      const rateBps = parseRate(rate);
      if (rateBps === undefined) this.#invalid("rate", rate, "bits per second such as 100mbit, or unlimited", path);
      // The kernel counts whole bytes per second (tc_ratespec, linux/pkt_sched.h).
      else if (!(rateBps >= 8 && rateBps <= Number.MAX_SAFE_INTEGER))
        this.#outOfRange("rate", rate, "at least 8bit", path);
      else result.rateBps = rateBps;
    }
    if (queue === undefined) return;
    const limit = parseQueue(queue);
    if (limit === undefined) {
      this.#invalid("queue", queue, "packets such as 1000p, or bytes such as 64kb", path);
      return;
    }
    const count = "packets" in limit ? limit.packets : limit.bytes;
    // netem and tbf hold both in 32 bits (tc_netem_qopt, tc_tbf_qopt).
    if (!(Number.isInteger(count) && count >= 1 && count <= 0xffff_ffff)) {
      this.#outOfRange("queue", queue, "a whole number of at least 1p or 1b, and less than 4 GiB", path);
    } else result.queue = limit;
  }

  /** What only the whole shows. */
  check(impairment: Impairment, path: Path): void {
    const { delayMs = 0, jitterMs = 0 } = impairment;
    if (jitterMs > delayMs && impairment.jitterReorders !== true) {
      const details = { jitter: formatDelay(jitterMs), delay: formatDelay(delayMs) };
      this.#fail("JITTER_ABOVE_DELAY", details, [...path, "jitter"]);
    }
    const needs = (key: string, needed: string, isThere: boolean) => {
      if (!isThere) this.#fail("IMPAIRMENT_NEEDS", { key, needed }, [...path, key]);
    };
    if (impairment.distribution !== undefined) needs("distribution", "jitter", jitterMs > 0);
    if (impairment.jitterReorders !== undefined) needs("jitter-reorders", "jitter", jitterMs > 0);
    if (impairment.reorder !== undefined) needs("reorder", "delay", delayMs > 0 || jitterMs > 0);
    if (impairment.queue !== undefined) needs("queue", "rate", impairment.rateBps !== undefined);
  }

  #preset(text: string, side: PresetSide, path: Path): Impairment {
    const [name = "", given, ...rest] = text.split(" ");
    if (Object.hasOwn(presets, name) && rest.length === 0 && (given ?? side) in { up: 1, down: 1 }) {
      const preset: Preset = presets[name as PresetName];
      return preset[(given ?? side) as PresetSide];
    }
    const suggestion = nearest(text, presetNames) ?? nearest(name, presetNames);
    const nearestName = suggestion === undefined ? {} : { nearest: suggestion };
    this.#fail("PRESET_UNKNOWN", { preset: text, known: presetNames, ...nearestName }, path);
    return {};
  }

  #delay(key: string, text: string, path: Path): number | undefined {
    const ms = parseDelay(text);
    if (ms === undefined) return this.#invalid(key, text, "a time with its unit, such as 20ms", path);
    if (ms < 0 || ms > longestDelayMs) return this.#outOfRange(key, text, "between 0ms and 24h", path);
    return ms;
  }

  #probability(key: string, text: string, path: Path): number | undefined {
    const probability = parseProbability(text);
    if (probability === undefined) return this.#invalid(key, text, "a share in percent, such as 0.1%", path);
    if (probability < 0 || probability > 1) return this.#outOfRange(key, text, "between 0% and 100%", path);
    // Of less than zero, rounded.
    return probability + 0;
  }

  #bursts(settings: BurstSettings, path: Path): Loss | undefined {
    const { p: pText, r: rText, "good-loss": goodText = "0%", "bad-loss": badText = "100%" } = settings;
    const p = this.#probability("p", pText, path);
    const r = this.#probability("r", rText, path);
    const goodLoss = this.#probability("good-loss", goodText, path);
    const badLoss = this.#probability("bad-loss", badText, path);
    // A state that is never reached, or never left, makes the other values mean nothing.
    if (p === 0) return this.#outOfRange("p", pText, "more than 0%, or the bad state never comes", path);
    if (r === 0) return this.#outOfRange("r", rText, "more than 0%, or the bad state never ends", path);
    if (p === undefined || r === undefined || goodLoss === undefined || badLoss === undefined) return undefined;
    return { gilbertElliott: { p, r, goodLoss, badLoss } };
  }

  #invalid(key: string, text: string, expected: string, path: Path): undefined {
    this.#fail("IMPAIRMENT_INVALID", { key, text, expected }, [...path, key]);
  }

  #outOfRange(key: string, text: string, range: string, path: Path): undefined {
    this.#fail("IMPAIRMENT_OUT_OF_RANGE", { key, text, range }, [...path, key]);
  }

  #fail: Report = (code, details, path) => {
    this.failed = true;
    this.#report(code, details, path);
  };
}

function drop(impairment: Mutable, ...keys: readonly (keyof Impairment)[]): void {
  for (const key of keys) delete impairment[key];
}
