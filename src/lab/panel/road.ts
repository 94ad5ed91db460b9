import { longestJitterMs } from "../../kernel/index.ts";
import { type Impairment, type LinkConditions, type LinkId, labError } from "../../topology/index.ts";

/**
 * How a link's frames go. `plain`: as the kernel passes them on. `queues`: through queues of the kernel
 * (netem, and tbf for a rate). `wire`: through the wire process.
 */
export type Road = "plain" | "queues" | "wire";

/** What this kernel has for impairing links. */
export type KernelAbilities = {
  readonly netem: boolean;
  readonly tbf: boolean;
  /** netem draws from a seed (Linux 6.7 and later). */
  readonly seeds: boolean;
};

export const isImpaired = (impairment: Impairment | undefined): impairment is Impairment =>
  impairment !== undefined && Object.keys(impairment).length > 0;

/**
 * Chooses the road of a link: the kernel's where it can do everything that is asked.
 *
 * @param repeatable the user chose the lab's seed, so draws are to be the same each time
 * @param ends why queues cannot do it for what is at its ends
 * @throws MEDIUM_IMPOSSIBLE when the link's medium is set to `kernel`, and the kernel cannot
 */
export function roadOf(
  link: LinkId,
  { impairments = {}, medium }: LinkConditions,
  kernel: () => KernelAbilities,
  repeatable: boolean,
  ends: readonly string[] = [],
): Road {
  if (medium === "wire") return "wire";
  const impaired = [impairments.ab, impairments.ba].filter(isImpaired);
  if (impaired.length === 0) return "plain";
  const reasons = [...ends, ...impaired.flatMap((impairment) => obstacles(impairment, kernel(), repeatable))];
  if (reasons.length === 0) return "queues";
  if (medium === "kernel") throw labError("MEDIUM_IMPOSSIBLE", { link, reasons: [...new Set(reasons)] });
  return "wire";
}

/** Why queues of the kernel cannot do this. */
function obstacles(impairment: Impairment, kernel: KernelAbilities, repeatable: boolean): readonly string[] {
  const { jitterMs = 0, rateBps } = impairment;
  const isDrawn = jitterMs > 0 || ["loss", "duplicate", "corrupt", "reorder"].some((key) => key in impairment);
  const isRateAlone = Object.keys(impairment).every((key) => key === "rateBps" || key === "queue");
  return [
    ...(kernel.netem || isRateAlone ? [] : ["this kernel has no netem (module sch_netem)"]),
    ...(rateBps === undefined || kernel.tbf ? [] : ["this kernel has no tbf (module sch_tbf), which keeps the rate"]),
    ...(jitterMs <= longestJitterMs
      ? []
      : [`netem's jitter is at most ${Math.floor(longestJitterMs)} ms (this one is ${jitterMs} ms)`]),
    ...(kernel.seeds || !repeatable || !isDrawn
      ? []
      : ["netem of this kernel takes no seed, and one was chosen (Linux 6.7 is the first that does)"]),
  ];
}
