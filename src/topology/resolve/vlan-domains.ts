import { type PortVlans, plainPort } from "../switch/model.ts";
import { type InterfaceDraft, isMachineDraft, type LinkDraft, type NodeDraft } from "./draft.ts";
import { Groups } from "./groups.ts";

/** On a link, a frame without a tag. */
const untagged = 0;

/**
 * What of switches a port's machine can hear, where switches know VLANs: a VLAN of one switch, with those of
 * others that trunks join it to. A machine takes part with the frames that it sends untagged.
 *
 * @returns undefined where no switch knows VLANs; else a key that the ports of one segment share
 */
export function vlanDomains(links: readonly LinkDraft[]): ((port: InterfaceDraft) => unknown) | undefined {
  const tags = new Set<number>();
  for (const { a, b } of links) {
    for (const { node } of [a, b]) {
      if (node.kind === "switch")
        for (const vlans of node.settings.vlans.values()) for (const vlan of named(vlans)) tags.add(vlan);
    }
  }
  if (tags.size === 0) return undefined;
  tags.add(untagged).add(1);
  const keys = new Map<NodeDraft, Map<number, object>>();
  const keyOf = (node: NodeDraft, vlan: number): object => {
    const own = keys.get(node) ?? new Map<number, object>();
    keys.set(node, own);
    const key = own.get(vlan) ?? {};
    own.set(vlan, key);
    return key;
  };
  const joined = new Groups<object>();
  for (const { a, b } of links) {
    if (isMachineDraft(a.node) || isMachineDraft(b.node)) continue;
    for (const tag of tags) {
      const [one, other] = [vlanAt(a, tag), vlanAt(b, tag)];
      if (one !== undefined && other !== undefined) joined.join(keyOf(a.node, one), keyOf(b.node, other));
    }
  }
  return (port) => {
    const vlan = vlanAt(port, untagged);
    // A trunk without a native VLAN takes nothing that is untagged.
    return vlan === undefined ? port : joined.rootOf(keyOf(port.node, vlan));
  };
}

const named = (vlans: PortVlans): readonly number[] => {
  if ("access" in vlans) return [vlans.access];
  return [...(vlans.trunk === "all" ? [] : vlans.trunk), ...(vlans.native === undefined ? [] : [vlans.native.vlan])];
};

/** What a frame with this tag belongs to in the switch: a VLAN, or the tag itself where it knows none; undefined when it is not taken. */
function vlanAt({ node, name }: InterfaceDraft, tag: number): number | undefined {
  if (node.kind !== "switch" || node.settings.vlans.size === 0) return tag;
  const { vlans, ovs } = node.settings;
  const bond = ovs?.bonds.find(({ ports }) => ports.includes(name))?.name;
  const port = vlans.get(bond ?? name) ?? plainPort;
  if ("access" in port) return tag === untagged ? port.access : undefined;
  if (tag === untagged) return port.native?.vlan;
  return port.trunk === "all" || port.trunk.includes(tag) ? tag : undefined;
}
