import { type Benchmark, median, percentile } from "../case.ts";
import { Netwright } from "../netwright.ts";
import type { LinkChangeReport } from "../programs/link-change.ts";

const program = new URL("../programs/link-change.ts", import.meta.url).pathname;
const changes = 300;

/** The delay of one link of a running lab, changed over and over by a program. */
export const benchmark: Benchmark = {
  name: "link-change",
  targets: [{ figure: "live change of a link, median", atMost: 5 }],
  async run(context) {
    await using netwright = await Netwright.with(context, labFile);
    await netwright.up();
    const parameters = [program, "change", netwright.socketOf("change"), "h1:eth0 — h2:eth0", String(changes)];
    const { stdout } = await netwright.other(process.execPath, ...parameters);
    const { changes: tookMs } = JSON.parse(stdout) as LinkChangeReport;
    return {
      figures: [
        { figure: "live change of a link, median", value: median(tookMs), unit: "ms" },
        { figure: "live change of a link, percentile 99", value: percentile(tookMs, 99), unit: "ms" },
      ],
      samples: tookMs,
    };
  },
};

const labFile = `
name: change
nodes: { h1: {}, h2: {}, h3: {} }
links:
  - { endpoints: [h1, h2], impairment: { delay: 5ms } }
  - [h2, h3]
`;
