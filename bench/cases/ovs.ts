import { existsSync } from "node:fs";
import { type Benchmark, median } from "../case.ts";
import { Netwright } from "../netwright.ts";

const rounds = 5;
const seconds = 2;

type Way = "bridge" | "ovs";
type Report = { readonly end: { readonly sum_received: { readonly bits_per_second: number } } };

/** TCP between two hosts on one switch: Open vSwitch, on the datapath that this machine lets a lab have, beside a Linux bridge. */
export const benchmark: Benchmark = {
  name: "ovs",
  targets: [],
  unavailable: () =>
    ["/usr/sbin/ovs-vswitchd", "/sbin/ovs-vswitchd"].some((path) => existsSync(path))
      ? undefined
      : "not installed; apt-get install openvswitch-switch",
  async run(context) {
    await using netwright = await Netwright.with(context, lab);
    await netwright.up();
    const measure = async (way: Way): Promise<number> => {
      const words = ["-c", way === "bridge" ? "10.0.1.2" : "10.0.2.2", "-t", String(seconds), "-J"];
      const { stdout } = await netwright.run("exec", `${way}1`, "--", "iperf3", ...words);
      return (JSON.parse(stdout) as Report).end.sum_received.bits_per_second;
    };
    const samples: Record<Way, number[]> = { bridge: [], ovs: [] };
    for (let round = 1; round <= rounds; round++) {
      context.note(`round ${round} of ${rounds}`);
      for (const way of ["bridge", "ovs"] as const) samples[way].push(await measure(way));
    }
    await netwright.run("down");
    // Round by round: what else the machine does weighs on both alike.
    const ratios = samples.ovs.map((ovs, round) => ovs / (samples.bridge[round] ?? Number.NaN));
    return {
      figures: [
        { figure: "TCP, Linux bridge", value: median(samples.bridge) / 1e9, unit: "Gbit/s" },
        { figure: "TCP, Open vSwitch", value: median(samples.ovs) / 1e9, unit: "Gbit/s" },
        { figure: "TCP, Open vSwitch / Linux bridge", value: median(ratios), unit: "×" },
      ],
      samples,
    };
  },
};

const pair = (way: Way, net: number): string => `
  ${way}1: { interfaces: { eth0: 10.0.${net}.1/24 } }
  ${way}2: { interfaces: { eth0: 10.0.${net}.2/24 } }`;

const lab = `
name: switches
nodes:${pair("bridge", 1)}${pair("ovs", 2)}
  s1: { kind: switch }
  s2: { kind: switch, driver: ovs }
links: [[bridge1, s1], [bridge2, s1], [ovs1, s2], [ovs2, s2]]
processes:
  to-bridge: { node: bridge2, command: [iperf3, -s], ready: { tcp: 5201 } }
  to-ovs: { node: ovs2, command: [iperf3, -s], ready: { tcp: 5201 } }
`;
