import fc from "fast-check";
import type { GilbertElliott, Impairment, Loss, QueueLimit } from "../../../src/topology/impairment/impairment.ts";

const probability = fc.integer({ min: 1, max: 10 ** 10 }).map((count) => count / 1e10);
const maybeProbability = fc.integer({ min: 0, max: 1000 }).map((count) => count / 1000);
const ms = fc.oneof(
  fc.integer({ min: 1, max: 86_400_000 }),
  fc.integer({ min: 1, max: 10 ** 9 }).map((ns) => ns / 1e6),
);

const gilbertElliott: fc.Arbitrary<GilbertElliott> = fc.record({
  p: probability,
  r: probability,
  goodLoss: maybeProbability,
  badLoss: maybeProbability,
});
const loss: fc.Arbitrary<Loss> = fc.oneof(fc.record({ uniform: probability }), fc.record({ gilbertElliott }));
const queue: fc.Arbitrary<QueueLimit> = fc.oneof(
  fc.record({ packets: fc.integer({ min: 1, max: 0xffff_ffff }) }),
  fc.record({ bytes: fc.integer({ min: 1, max: 0xffff_ffff }) }),
);

/** Any that holds together, not empty only by chance. */
export const arbitraryImpairment: fc.Arbitrary<Impairment> = fc
  .record(
    {
      delayMs: ms,
      jitterMs: ms,
      distribution: fc.constantFrom("uniform" as const, "normal" as const, "pareto" as const),
      jitterReorders: fc.constant(true as const),
      loss,
      duplicate: probability,
      corrupt: probability,
      reorder: fc.record({ probability, gap: fc.integer({ min: 2, max: 100 }) }, { requiredKeys: ["probability"] }),
      rateBps: fc.oneof(fc.integer({ min: 8, max: 10 ** 12 }), fc.constantFrom(64_000, 100_000_000, 1_500_000)),
      queue,
    },
    { requiredKeys: [] },
  )
  .map(({ delayMs, jitterMs, distribution, jitterReorders, reorder, rateBps, queue, ...rest }) => {
    const isOrdered = jitterReorders === undefined;
    const jitter = jitterMs !== undefined && isOrdered ? Math.min(jitterMs, delayMs ?? 0) : (jitterMs ?? 0);
    return {
      ...rest,
      ...(delayMs === undefined ? {} : { delayMs }),
      ...(jitter === 0
        ? {}
        : {
            jitterMs: jitter,
            ...(distribution === undefined ? {} : { distribution }),
            ...(jitterReorders === undefined ? {} : { jitterReorders }),
          }),
      ...(reorder === undefined || (delayMs === undefined && jitter === 0) ? {} : { reorder }),
      ...(rateBps === undefined ? {} : { rateBps, ...(queue === undefined ? {} : { queue }) }),
    };
  });
