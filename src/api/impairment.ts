import * as z from "zod";

const probability = z.number().min(0).max(1);

/**
 * One direction of a link; what is absent does not happen. What each does, in which order, is told in
 * src/dataplane/contract.ts.
 */
export const Impairment = z.strictObject({
  delayMs: z.number().min(0).exactOptional(),
  /** Around `delayMs`. */
  jitterMs: z.number().min(0).exactOptional(),
  distribution: z.enum(["uniform", "normal", "pareto"]).exactOptional(),
  /** Frames overtake each other as their delays say; otherwise they keep their order. */
  jitterReorders: z.boolean().exactOptional(),
  loss: z
    .union([
      z.strictObject({ uniform: probability }),
      z.strictObject({
        gilbertElliott: z.strictObject({ p: probability, r: probability, goodLoss: probability, badLoss: probability }),
      }),
    ])
    .exactOptional(),
  duplicate: probability.exactOptional(),
  corrupt: probability.exactOptional(),
  reorder: z.strictObject({ probability, gap: z.int().min(1).exactOptional() }).exactOptional(),
  /** Bits per second. */
  rateBps: z.number().positive().exactOptional(),
  /** What may wait for the rate. */
  queue: z
    .union([z.strictObject({ packets: z.int().min(1) }), z.strictObject({ bytes: z.int().min(1) })])
    .exactOptional(),
});
export type Impairment = z.infer<typeof Impairment>;

const count = z.int().min(0);

/** What the wire process counted of one direction since the link became a wire. */
export const DirectionStatistics = z.object({
  frames: count,
  bytes: count,
  sentFrames: count,
  sentBytes: count,
  droppedByLoss: count,
  droppedByCut: count,
  droppedByQueue: count,
  droppedAtJack: count,
  corrupted: count,
  duplicated: count,
  reordered: count,
  unsplittable: count,
  overruns: count,
  inFlight: count,
  queueDepth: count,
  worstLatenessMs: z.number(),
});

/** What the kernel's queues counted of one direction since it was impaired. */
export const QueueStatistics = z.object({
  sentFrames: count,
  sentBytes: count,
  /** By loss and by the queue's limit. */
  dropped: count,
  waitingFrames: count,
  waitingBytes: count,
});

/** `ab` and `ba` of a wire, `queues` of a link that the kernel impairs, by direction; neither where nothing is counted. */
export const LinkStatistics = z.object({
  id: z.string(),
  ab: DirectionStatistics.exactOptional(),
  ba: DirectionStatistics.exactOptional(),
  queues: z.object({ ab: QueueStatistics.exactOptional(), ba: QueueStatistics.exactOptional() }).exactOptional(),
});
export type LinkStatistics = z.infer<typeof LinkStatistics>;
