import type { Impairment } from "./impairment.ts";
import type { ImpairmentSettings } from "./settings.ts";
import { formatDelay, formatProbability, formatQueue, formatRate } from "./units.ts";

/** An impairment as it would be written; read again (`readImpairment`) it is the same. */
export function impairmentSettings(impairment: Impairment): ImpairmentSettings {
  const { delayMs, jitterMs, distribution, jitterReorders, loss, duplicate, corrupt, reorder, rateBps, queue } =
    impairment;
  return {
    ...(delayMs === undefined ? {} : { delay: formatDelay(delayMs) }),
    ...(jitterMs === undefined ? {} : { jitter: formatDelay(jitterMs) }),
    ...(distribution === undefined ? {} : { distribution }),
    ...(jitterReorders === undefined ? {} : { "jitter-reorders": jitterReorders }),
    ...(loss === undefined ? {} : { loss: lossSettings(loss) }),
    ...(duplicate === undefined ? {} : { duplicate: formatProbability(duplicate) }),
    ...(corrupt === undefined ? {} : { corrupt: formatProbability(corrupt) }),
    ...(reorder === undefined ? {} : { reorder: reorderSettings(reorder) }),
    ...(rateBps === undefined ? {} : { rate: formatRate(rateBps) }),
    ...(queue === undefined ? {} : { queue: formatQueue(queue) }),
  };
}

function lossSettings(loss: NonNullable<Impairment["loss"]>): NonNullable<ImpairmentSettings["loss"]> {
  if ("uniform" in loss) return formatProbability(loss.uniform);
  const { p, r, goodLoss, badLoss } = loss.gilbertElliott;
  return {
    p: formatProbability(p),
    r: formatProbability(r),
    "good-loss": formatProbability(goodLoss),
    "bad-loss": formatProbability(badLoss),
  };
}

const reorderSettings = ({ probability, gap }: NonNullable<Impairment["reorder"]>) =>
  gap === undefined ? formatProbability(probability) : { probability: formatProbability(probability), gap };

/** One line for people: `delay 20ms, loss 0.1%`; `none` where nothing is impaired. */
export function describeImpairment(impairment: Impairment | undefined): string {
  const parts = Object.entries(impairmentSettings(impairment ?? {})).map(([key, value]) => {
    if (typeof value !== "object") return value === true ? key : `${key} ${value}`;
    return `${key} ${Object.entries(value)
      .map(([inner, one]) => `${inner} ${one}`)
      .join(" ")}`;
  });
  return parts.length === 0 ? "none" : parts.join(", ");
}
