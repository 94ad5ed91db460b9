import * as z from "zod";
import { Impairment } from "./impairment.ts";
import { ErrorReportSchema } from "./launch.ts";

/** How a link is measured, and against what. */
export const VerifyRequest = z.object({
  /** Probe frames in each direction. */
  frames: z.int().min(20).max(1_000_000).exactOptional(),
  /** How long they may take, at most. */
  seconds: z.number().min(0.2).max(600).exactOptional(),
  /** By how much the delays of frames may be off because machines are late; 1 when absent. */
  toleranceMs: z.number().min(0).max(10_000).exactOptional(),
  /** Compares with this instead of what is set. */
  against: z.object({ ab: Impairment.exactOptional(), ba: Impairment.exactOptional() }).exactOptional(),
});
export type VerifyRequest = z.infer<typeof VerifyRequest>;

/**
 * - `delay`: the median; `delay-5`, `delay-95`, `delay-99`: percentiles.
 * - `jitter`: how far delays lie apart, said as the jitter that would explain it.
 * - `loss`: of the frames sent. `duplicates`: of those that arrived. `corrupted`: of all that arrived, copies too.
 * - `overtaking`: the share of frames that arrived before one that was sent earlier.
 * - `rate`: bits of frames, Ethernet header included, while more are sent than pass.
 */
export const FigureName = z.enum([
  "delay",
  "delay-5",
  "delay-95",
  "delay-99",
  "jitter",
  "loss",
  "duplicates",
  "corrupted",
  "overtaking",
  "rate",
]);
export type FigureName = z.infer<typeof FigureName>;

export const VerifiedFigure = z.object({
  figure: FigureName,
  unit: z.enum(["ms", "share", "bps"]),
  /** What was asked for by name; absent for figures that follow from others. */
  requested: z.number().exactOptional(),
  /** What the frames that were sent should have met, by a model of the impairment. */
  expected: z.number(),
  /** Absent when it could not be measured: nothing arrived. */
  achieved: z.number().exactOptional(),
  /**
   * `tolerance`: what is achieved should lie between these. `confidence`: what the link does lies between
   * these, as far as so many frames tell (99.9 %); `expected` should.
   */
  bounds: z.enum(["tolerance", "confidence"]),
  low: z.number(),
  high: z.number(),
  verdict: z.enum(["within", "outside", "unmeasured"]),
});
export type VerifiedFigure = z.infer<typeof VerifiedFigure>;

export const VerifiedDirection = z.object({
  from: z.string(),
  to: z.string(),
  requested: Impairment,
  /** In the part at even distances. */
  sent: z.int(),
  arrived: z.int(),
  /** A figure that is outside was measured a second time, and is outside then too. */
  attempts: z.int(),
  figures: z.array(VerifiedFigure),
  /** How uncertain the moment of sending was at worst: the machine's own lateness. */
  worstSendMs: z.number(),
  /** The most that a frame left the wire after it was due, since the link is one. */
  wireLatenessMs: z.number().exactOptional(),
});
export type VerifiedDirection = z.infer<typeof VerifiedDirection>;

export const LinkVerification = z.object({
  link: z.string(),
  medium: z.string(),
  verdict: z.enum(["within", "outside"]),
  /** The share of the time in which the probe had work to do and no processor: how busy the machine was. */
  waited: z.number(),
  ab: VerifiedDirection,
  ba: VerifiedDirection,
});
export type LinkVerification = z.infer<typeof LinkVerification>;

/** What comes while a link is measured; the last is `verified` or `failed`. A link that is out of tolerance is verified, too. */
export const VerifyReport = z.discriminatedUnion("type", [
  /** From 0 to 1; a second attempt begins anew. */
  z.object({ type: z.literal("progress"), share: z.number() }),
  z.object({ type: z.literal("verified"), verification: LinkVerification }),
  z.object({ type: z.literal("failed"), errors: z.array(ErrorReportSchema) }),
]);
export type VerifyReport = z.infer<typeof VerifyReport>;
