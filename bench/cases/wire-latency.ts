import { type Benchmark, median, percentile } from "../case.ts";
import type { DelayReport, LatencyReport } from "../programs/wire.ts";
import { runInSandbox } from "../sandbox.ts";

const delayMs = 10;

/** How late a wire is: where it should not delay at all, and where it should delay by 10 ms. */
export const benchmark: Benchmark = {
  name: "wire-latency",
  targets: [
    { figure: "added latency, median", atMost: 0.1 },
    { figure: "10 ms at 10,000 frames/s: median error", atMost: 0.2 },
    { figure: "10 ms at 10,000 frames/s: error, percentile 99", atMost: 1 },
  ],
  async run(context) {
    const plain = await runInSandbox<LatencyReport>(context, "programs/wire.ts", "latency");
    const delayed = await runInSandbox<DelayReport>(context, "programs/wire.ts", "delay");
    if (delayed.lost > 0) throw new Error(`${delayed.lost} frames were lost`);
    const errors = delayed.latencies.map((ms) => Math.abs(ms - delayMs));
    return {
      figures: [
        { figure: "kernel link, median", value: median(plain.kernel), unit: "ms" },
        { figure: "wire, median", value: median(plain.wire), unit: "ms" },
        { figure: "added latency, median", value: median(plain.wire) - median(plain.kernel), unit: "ms" },
        { figure: "wire, percentile 99", value: percentile(plain.wire, 99), unit: "ms" },
        { figure: "10 ms at 10,000 frames/s: median error", value: median(errors), unit: "ms" },
        { figure: "10 ms at 10,000 frames/s: error, percentile 99", value: percentile(errors, 99), unit: "ms" },
        { figure: "the probe's own lateness at worst", value: delayed.worstSendMs, unit: "ms" },
        // What other programs take from it, a machine that is idle does not.
        { figure: "the wire stood in line for a processor", value: 100 * delayed.waited, unit: "% of the time" },
      ],
    };
  },
};
