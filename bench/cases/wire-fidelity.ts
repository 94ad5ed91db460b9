import { type Benchmark, median } from "../case.ts";
import type { LossReport, RateReport } from "../programs/wire.ts";
import { runInSandbox } from "../sandbox.ts";

const loss = 0.01;
/** Of a normal distribution, 99.9 % lies within as many deviations. */
const deviations = 3.2905;

/** Loss against chance, rates against what was asked for. */
export const benchmark: Benchmark = {
  name: "wire-fidelity",
  targets: [
    { figure: "1 % loss over 200,000 frames: off, in deviations of chance", atMost: deviations },
    { figure: "10 Mbit/s: off", atMost: 2 },
    { figure: "100 Mbit/s: off", atMost: 2 },
  ],
  async run(context) {
    const lossReport = await runInSandbox<LossReport>(context, "programs/wire.ts", "loss");
    const { sent, lost, stats } = lossReport;
    if (stats.ab.overruns > 0) throw new Error(`the wire missed ${stats.ab.overruns} frames`);
    const off = Math.abs(lost - sent * loss) / Math.sqrt(sent * loss * (1 - loss));
    const { achieved } = await runInSandbox<RateReport>(context, "programs/wire.ts", "rate");
    const rates = Object.entries(achieved).map(([bps, values]) => ({
      figure: `${Number(bps) / 1e6} Mbit/s: off`,
      value: median(values.map((value) => 100 * Math.abs(value / Number(bps) - 1))),
      unit: "%",
    }));
    return {
      figures: [
        { figure: "1 % loss over 200,000 frames: lost", value: (100 * lost) / sent, unit: "%" },
        { figure: "1 % loss over 200,000 frames: off, in deviations of chance", value: off, unit: "σ" },
        ...rates,
      ],
      samples: { loss: lossReport, rates: achieved },
    };
  },
};
