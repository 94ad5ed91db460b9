import type { VerifiedFigure } from "../../api/index.ts";
import type { Impairment } from "../../topology/index.ts";
import { judge, type Observations } from "./judge.ts";
import { type Flood, type Pace, type ProbePlan, type ProbeWish, probePlan } from "./pace.ts";
import type { Prober, Sending, Sent } from "./prober.ts";
import type { DelayTables } from "./reference.ts";

export type MeasureOptions = {
  /** From end a to end b, and back: what the link should do. */
  readonly impairments: readonly [Impairment, Impairment];
  readonly mtu: number;
  readonly wish: ProbeWish;
  readonly toleranceMs: number;
  readonly tables: DelayTables;
  readonly seed: number;
};

/** What was measured of one direction. */
export type Measured = {
  readonly figures: readonly VerifiedFigure[];
  readonly sent: number;
  readonly arrived: number;
  readonly attempts: number;
  readonly worstSendMs: number;
};

type Both<T> = readonly [T, T];
type Progress = (share: number) => void;

/** What is outside may be chance, or a moment at which the machine stood still: it has to be so twice. */
const mostAttempts = 2;

/**
 * Measures both directions of a link, and those that have a figure outside its bounds again. Blocks the
 * thread.
 *
 * @param progress told the share that is done; it starts anew when there is a second attempt
 */
export function measure(prober: Prober, options: MeasureOptions, progress: Progress): Both<Measured> {
  const plans = options.impairments.map((one) => probePlan(one, options.mtu, options.wish)) as [ProbePlan, ProbePlan];
  const results: (Measured | undefined)[] = [undefined, undefined];
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const wanted = results.map((one) => one === undefined || hasOutside(one)) as [boolean, boolean];
    const seen = observe(
      prober,
      plans.map((plan, direction) => (wanted[direction] ? plan : undefined)) as never,
      progress,
    );
    for (const [direction, observations] of seen.entries()) {
      if (observations === undefined) continue;
      const { impairments, toleranceMs, tables, seed } = options;
      const figures = judge(impairments[direction as 0 | 1], observations, toleranceMs, tables, seed + attempt);
      results[direction] = {
        figures,
        sent: observations.steady.sentMs.length,
        arrived: observations.steady.copies.reduce((count, copies) => count + (copies > 0 ? 1 : 0), 0),
        attempts: attempt,
        worstSendMs: observations.worstSendMs,
      };
    }
    if (!results.some((one) => one !== undefined && hasOutside(one))) break;
  }
  return results as [Measured, Measured];
}

export const hasOutside = ({ figures }: Pick<Measured, "figures">): boolean =>
  figures.some(({ verdict }) => verdict === "outside");

/** How long measuring takes at most, without what is late. */
export function measureMs(impairments: Both<Impairment>, mtu: number, wish: ProbeWish): number {
  const plans = impairments.map((one) => probePlan(one, mtu, wish)) as [ProbePlan, ProbePlan];
  // Frames that come twice as late as they should put the end off again and again.
  return mostAttempts * phasesOf(plans).reduce((sum, { lengthMs }) => sum + 2 * lengthMs, 0);
}

type Seen = Observations & { readonly worstSendMs: number };

function observe(prober: Prober, plans: Both<ProbePlan | undefined>, progress: Progress): Both<Seen | undefined> {
  const phases = phasesOf(plans);
  const wholeMs = phases.reduce((sum, phase) => sum + phase.lengthMs, 0);
  let doneMs = 0;
  const sent: Record<Phase["part"], [Sent?, Sent?]> = { steady: [], sparse: [], flood: [] };
  for (const { part, sendings, lengthMs } of phases) {
    const result = prober.exchange(sendings, (share) => progress((doneMs + share * lengthMs) / wholeMs));
    for (const direction of [0, 1] as const) {
      const one = result[direction];
      if (one !== undefined) sent[part][direction] = one;
    }
    doneMs += lengthMs;
  }
  return [0, 1].map((direction) => {
    const { steady, sparse, flood } = sent;
    const [even, apart, full] = [steady, sparse, flood].map((both) => both[direction as 0 | 1]);
    if (even === undefined) return undefined;
    return {
      steady: even,
      ...(apart === undefined ? {} : { sparse: apart }),
      ...(full === undefined ? {} : { flood: full }),
      overruns: even.overruns,
      worstSendMs: Math.max(even.worstSendMs, apart?.worstSendMs ?? 0),
    };
  }) as [Seen | undefined, Seen | undefined];
}

type Phase = {
  readonly part: "steady" | "sparse" | "flood";
  readonly sendings: Both<Sending | undefined>;
  readonly lengthMs: number;
};

/** Both directions at once where frames are few, one after the other where they fill the link. */
function phasesOf([ab, ba]: Both<ProbePlan | undefined>): readonly Phase[] {
  const together = (part: "steady" | "sparse"): Phase => {
    const sendings = [ab, ba].map((plan) => {
      const pace = plan?.[part];
      return plan === undefined || pace === undefined ? undefined : paced(pace, plan);
    }) as [Sending | undefined, Sending | undefined];
    const lengths = [ab, ba].map((plan) => {
      const pace = plan?.[part];
      return plan === undefined || pace === undefined ? 0 : pace.count * pace.everyMs + quietMs(plan);
    });
    return { part, sendings, lengthMs: Math.max(...lengths) };
  };
  const alone = (direction: 0 | 1, plan: ProbePlan | undefined): readonly Phase[] => {
    if (plan?.flood === undefined) return [];
    const sending = flooded(plan.flood, plan);
    const sendings = direction === 0 ? ([sending, undefined] as const) : ([undefined, sending] as const);
    return [{ part: "flood", sendings, lengthMs: plan.flood.durationMs + quietMs(plan) }];
  };
  return [together("steady"), together("sparse"), ...alone(0, ab), ...alone(1, ba)].filter(({ sendings }) =>
    sendings.some((one) => one !== undefined),
  );
}

/** Long enough that a delay twice as long as it should be is seen for what it is. */
const leastQuietMs = 250;
const quietMs = ({ longestMs }: ProbePlan): number => leastQuietMs + 2 * longestMs;

/** A way that takes frames this many times slower than they should come has shown what it is. */
const mostTimes = 2;

const paced = ({ count, everyMs, bytes }: Pace, plan: ProbePlan): Sending => ({
  count,
  bytes,
  dueMs: (number) => number * everyMs,
  untilMs: mostTimes * count * everyMs,
  quietMs: quietMs(plan),
  copiesMs: plan.copiesMs,
  eachCounts: true,
});

function flooded({ bytes, durationMs, offeredBps, firstFrames }: Flood, plan: ProbePlan): Sending {
  const perMs = offeredBps / 8000 / bytes;
  return {
    count: firstFrames + Math.max(2, Math.floor(durationMs * perMs)),
    bytes,
    // Those that wait at the beginning come four times as fast, and not all at once, which nobody's memory would hold.
    dueMs: (number) =>
      number < firstFrames ? number / perMs / 4 : firstFrames / perMs / 4 + (number - firstFrames) / perMs,
    untilMs: mostTimes * durationMs,
    quietMs: quietMs(plan),
    copiesMs: plan.copiesMs,
    eachCounts: false,
  };
}
