import type { Benchmark } from "../case.ts";
import { Netwright } from "../netwright.ts";

const nodes = 200;

/** A lab in which every node does something. */
export const benchmark: Benchmark = {
  name: "processes",
  targets: [{ figure: "up of 200 nodes with a process each", atMost: 5 }],
  async run(context) {
    await using netwright = await Netwright.with(context, labFile);
    const { seconds } = await netwright.up();
    const { stdout } = await netwright.run("ps", "-a", "--json");
    const states = (JSON.parse(stdout) as { lab: { processStatus: { state: string }[] } }).lab.processStatus.map(
      ({ state }) => state,
    );
    if (states.length !== nodes || states.some((state) => state !== "ready"))
      throw new Error(`not all run: ${states.join(" ")}`);
    return { figures: [{ figure: "up of 200 nodes with a process each", value: seconds, unit: "s" }] };
  },
};

const labFile = `
name: busy
generate:
  - star: { leaves: ${nodes} }
    template: { center: { kind: switch }, leaf: { kind: host } }
    addressing: { hosts: 10.0.0.0/16 }
processes:
  worker: { node: "h*", command: [sleep, "1000"] }
`;
