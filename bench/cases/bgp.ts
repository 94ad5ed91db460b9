import type { Benchmark } from "../case.ts";
import { Netwright } from "../netwright.ts";

const spines = 6;
const leaves = 54;
const convergeMs = 240_000;

/** Sixty FRR routers: until every loopback is in every router's table, and answers from every router. */
export const benchmark: Benchmark = {
  name: "bgp",
  targets: [],
  async run(context) {
    await using netwright = await Netwright.with(context, labFile);
    const began = performance.now();
    const { seconds } = await netwright.up();
    const { stdout } = await netwright.run("config", "--json");
    const { nodes } = JSON.parse(stdout) as {
      nodes: { name: string; interfaces: { name: string; addresses: string[] }[] }[];
    };
    const loopbacks = nodes.flatMap(({ interfaces }) =>
      interfaces
        .filter(({ name }) => name === "lo")
        .flatMap(({ addresses }) => addresses.map((one) => one.split("/")[0] ?? "")),
    );
    const reachesAll = `for a in ${loopbacks.join(" ")}; do ping -c 1 -W 1 -q $a >/dev/null || { echo $a; exit 1; }; done`;
    const deadline = Date.now() + convergeMs;
    for (const { name } of nodes) {
      for (;;) {
        try {
          await netwright.run("exec", name, "--", "sh", "-c", reachesAll);
          break;
        } catch (error) {
          if (Date.now() > deadline) throw error;
        }
      }
    }
    return {
      figures: [
        { figure: "up of 60 FRR routers", value: seconds, unit: "s" },
        {
          figure: "every loopback answers from every router, since the start of up",
          value: (performance.now() - began) / 1000,
          unit: "s",
        },
      ],
      samples: { routers: nodes.length, loopbacks: loopbacks.length },
    };
  },
};

const labFile = `
name: bgp60
generate:
  - leaf-spine: { spines: ${spines}, leaves: ${leaves} }
    template: { spine: { kind: router }, leaf: { kind: router } }
    addressing: { loopbacks: 10.255.0.0/16, links: 10.128.0.0/16 }
    routing: bgp
`;
