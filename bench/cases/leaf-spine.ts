import type { Benchmark } from "../case.ts";
import { Netwright } from "../netwright.ts";

/** Whether the time per node grows with the number of nodes. */
export const benchmark: Benchmark = {
  name: "leaf-spine",
  targets: [{ figure: "time per node at 4,000, times that at 250", atMost: 1.5 }],
  async run(context) {
    const measure = async (leaves: number, hostsPerLeaf: number) => {
      const nodes = 10 + leaves * (1 + hostsPerLeaf);
      context.note(`${nodes} nodes`);
      await using netwright = await Netwright.with(context, fabric(leaves, hostsPerLeaf));
      const { seconds } = await netwright.up();
      return { nodes, seconds };
    };
    const small = await measure(10, 23);
    const large = await measure(70, 56);
    const perNode = ({ nodes, seconds }: { nodes: number; seconds: number }) => (1000 * seconds) / nodes;
    return {
      figures: [
        { figure: `up of ${small.nodes} nodes`, value: small.seconds, unit: "s" },
        { figure: `up of ${large.nodes} nodes`, value: large.seconds, unit: "s" },
        { figure: "time per node at 250", value: perNode(small), unit: "ms" },
        { figure: "time per node at 4,000", value: perNode(large), unit: "ms" },
        { figure: "time per node at 4,000, times that at 250", value: perNode(large) / perNode(small), unit: "×" },
      ],
    };
  },
};

const fabric = (leaves: number, hosts: number): string => `
name: fabric
generate:
  - leaf-spine: { spines: 10, leaves: ${leaves}, hosts-per-leaf: ${hosts} }
    template: { spine: { kind: router }, leaf: { kind: router }, host: { kind: host } }
    addressing: { links: 10.128.0.0/16, hosts: 10.0.0.0/12 }
`;
