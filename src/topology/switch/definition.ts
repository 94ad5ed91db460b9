import { formatDuration } from "../duration.ts";
import type { SwitchNode } from "../model.ts";
import type { LabDefinition } from "../schema/lab.ts";
import type { Bond, Controller, Mirror, OvsSettings, PortVlans } from "./model.ts";

type SwitchDefinition = Extract<NonNullable<NonNullable<LabDefinition["nodes"]>[string]>, { kind: "switch" }>;

type Bonds = NonNullable<SwitchDefinition["bonds"]>;

/** A switch as the data of a lab file. @param literal a text in which nothing stands for something else */
export function switchDefinition(node: SwitchNode, literal: (text: string) => string): SwitchDefinition {
  const { interfaces, vlans = {}, ovs } = node;
  const port = (name: string) => portDefinition(vlans[name]);
  // What the file says of a port holds for a link that is still to come, too.
  const known = new Set([...interfaces, ...(ovs?.bonds ?? [])].map(({ name }) => name));
  const ports = {
    ...Object.fromEntries(interfaces.map(({ name, mac, mtu }) => [name, { mac, mtu, ...port(name) }])),
    ...Object.fromEntries(Object.keys(vlans).flatMap((name) => (known.has(name) ? [] : [[name, port(name)]]))),
  };
  return {
    kind: "switch",
    ...(ovs === undefined ? {} : { driver: "ovs" }),
    ...(Object.keys(ports).length === 0 ? {} : { interfaces: ports }),
    stp: node.stp,
    ageing: formatDuration(Math.round(node.ageingSeconds * 1000)),
    ...(node.forward.length === 0 ? {} : { forward: [...node.forward] }),
    ...(ovs === undefined ? {} : ovsDefinition(ovs, port, literal)),
  };
}

function ovsDefinition(
  { rstp, openflow, failMode, flows, controllers, mirrors, bonds }: OvsSettings,
  port: (name: string) => ReturnType<typeof portDefinition>,
  literal: (text: string) => string,
) {
  const bond = ({ name, ports, lacp, mode }: Bond) => ({ [name]: { ports: [...ports], lacp, mode, ...port(name) } });
  const mirror = ({ from, direction, vlans, to }: Mirror) => ({
    ...(from.length === 0 ? {} : { from: [...from] }),
    direction,
    ...(vlans.length === 0 ? {} : { vlans: [...vlans] }),
    to,
  });
  return {
    rstp,
    "fail-mode": failMode,
    ...(openflow.length === 0 ? {} : { openflow: [...openflow] }),
    ...(flows === undefined ? {} : { flows: literal(flows) }),
    ...(controllers.length === 0 ? {} : { controller: controllers.map((one) => literal(controllerText(one))) }),
    ...(bonds.length === 0 ? {} : { bonds: Object.assign({}, ...bonds.map(bond)) as Bonds }),
    ...(mirrors.length === 0 ? {} : { mirrors: mirrors.map(mirror) }),
  };
}

/** As the lab file says it. */
export function controllerText(controller: Controller): string {
  if ("socket" in controller) return `unix:${controller.socket}`;
  const { node, address, port } = controller;
  if (address === "127.0.0.1") return `${node}:${port}`;
  return `tcp:${address.includes(":") ? `[${address}]` : address}:${port}`;
}

function portDefinition(vlans: PortVlans | undefined) {
  if (vlans === undefined) return {};
  if ("access" in vlans) return { vlan: vlans.access };
  const { trunk, native } = vlans;
  return {
    trunk: trunk === "all" ? ("all" as const) : [...trunk],
    ...(native === undefined ? {} : { native: native.vlan, ...(native.tagged ? { "native-tagged": true } : {}) }),
  };
}
