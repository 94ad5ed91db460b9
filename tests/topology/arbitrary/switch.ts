import fc from "fast-check";
import type { LabNode, LinkLocalProtocol, SwitchNode } from "../../../src/topology/model.ts";
import type { OpenFlowVersion, OvsSettings, PortVlans } from "../../../src/topology/switch/model.ts";
import { NODE_NAMES, PORTS, sometimes } from "./values.ts";

const vlan = fc.constantFrom(1, 10, 20, 4094);
const carried = fc.uniqueArray(vlan, { minLength: 1, maxLength: 3 }).map((vlans) => vlans.sort((a, b) => a - b));
const portVlans: fc.Arbitrary<PortVlans> = fc.oneof(
  vlan.map((access) => ({ access })),
  carried.map((trunk) => ({ trunk })),
  fc.tuple(carried, fc.nat(2), fc.boolean(), fc.boolean()).map(([vlans, which, tagged, all]) => ({
    trunk: all ? ("all" as const) : vlans,
    native: { vlan: vlans[which % vlans.length] as number, tagged },
  })),
);

/** Without mirrors and bonds, which need links of theirs. */
const ovs: fc.Arbitrary<OvsSettings> = fc
  .record({
    rstp: fc.boolean(),
    openflow: fc.subarray<OpenFlowVersion>(["1.0", "1.3", "1.5"]),
    failMode: fc.constantFrom("standalone" as const, "secure" as const),
    flows: fc.constantFrom(undefined, "priority=1,actions=NORMAL\n", "table=0,tcp,actions=drop\n# ${x}\n"),
    controllers: fc.constantFrom<OvsSettings["controllers"]>([], [{ socket: "/run/a b.sock" }]),
  })
  .map(({ flows, ...rest }) => ({ ...rest, ...(flows === undefined ? {} : { flows }), mirrors: [], bonds: [] }));

export function switchNode(index: number): fc.Arbitrary<LabNode> {
  return fc
    .record({
      kind: fc.constant("switch" as const),
      name: fc.constant(NODE_NAMES[index] as string),
      interfaces: fc.constant([]),
      stp: fc.boolean(),
      ageingSeconds: fc.constantFrom(300, 300, 0, 15, 0.07),
      forward: fc.subarray<LinkLocalProtocol>(["lldp", "lacp", "802.1x", "stp"]),
      vlans: sometimes<Readonly<Record<string, PortVlans>> | undefined>(
        fc
          .tuple(...PORTS.map((port) => portVlans.map((vlans) => [port, vlans] as const)))
          .chain((all) => fc.subarray([...all], { minLength: 1 }).map((some) => Object.fromEntries(some))),
        undefined,
      ),
      ovs: sometimes<OvsSettings | undefined>(ovs, undefined),
    })
    .map(({ vlans, ovs, ...node }) =>
      withoutContradiction({
        ...node,
        ...(vlans === undefined ? {} : { vlans: ovs === undefined ? sentUntagged(vlans) : vlans }),
        ...(ovs === undefined ? {} : { ovs }),
      }),
    );
}

/** A bridge sends native VLANs untagged. */
const sentUntagged = (vlans: Readonly<Record<string, PortVlans>>): Readonly<Record<string, PortVlans>> =>
  Object.fromEntries(
    Object.entries(vlans).map(([port, one]) => [
      port,
      "native" in one && one.native !== undefined ? { ...one, native: { ...one.native, tagged: false } } : one,
    ]),
  );

/** A switch that takes part in STP does not forward it; Open vSwitch forwards all or nothing, and forgets within bounds. */
export function withoutContradiction(node: SwitchNode): SwitchNode {
  if (node.ovs === undefined)
    return node.stp ? { ...node, forward: node.forward.filter((protocol) => protocol !== "stp") } : node;
  return {
    ...node,
    ageingSeconds: Math.max(node.ageingSeconds, 15),
    forward: node.forward.length === 4 && !node.stp ? node.forward : [],
    ovs: { ...node.ovs, rstp: node.ovs.rstp && !node.stp },
  };
}
