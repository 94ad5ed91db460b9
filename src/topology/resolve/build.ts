import { formatAddress, formatCidr } from "../address.ts";
import { deriveMac } from "../mac.ts";
import { type Interface, type Lab, type LabMode, type LabNode, linkId, type Process, type Route } from "../model.ts";
import {
  type ApplianceDraft,
  type InterfaceDraft,
  isLo,
  type LabDraft,
  type MachineDraft,
  type NodeDraft,
  type ProgramDraft,
  type RouteDraft,
} from "./draft.ts";
import { mtuOf } from "./mtu.ts";
import { imageOfRole, type Roles, rolesOf } from "./roles.ts";
import type { Context } from "./settings.ts";
import { builtSwitch } from "./switch.ts";

/** The finished lab. */
export function build(
  draft: LabDraft,
  context: Context,
  lab: {
    readonly name: string;
    readonly mode: LabMode;
    readonly mtu: number | undefined;
    readonly processes: readonly Process[];
  },
): Lab {
  deriveMacs(draft);
  const roles = rolesOf(draft, context);
  const interfaces = (node: NodeDraft): Interface[] =>
    [...node.interfaces.values()].sort(byName).map((one) => ({
      name: one.name,
      mac: one.mac as string,
      addresses: one.addresses.map(({ cidr }) => formatCidr(cidr)),
      mtu: mtuOf(one, lab.mtu),
      ...(one.dhcp === undefined ? {} : { dhcp: one.dhcp }),
    }));
  const endpoint = (one: InterfaceDraft) => ({ node: one.node.name, interface: one.name });
  return {
    name: lab.name,
    mode: lab.mode,
    nodes: [...draft.nodes.values()].map((node): LabNode => {
      const base = { name: node.name, interfaces: interfaces(node) };
      switch (node.kind) {
        case "switch":
          return { ...base, kind: node.kind, ...builtSwitch(node.settings) };
        case "appliance":
          return { ...base, ...appliance(node) };
        case "host":
        case "router":
          return { ...base, ...machine(node, roles) };
        default:
          return node satisfies never;
      }
    }),
    links: draft.links.map(({ a, b, mtu, conditions, impairments }) => {
      const ends = { a: endpoint(a), b: endpoint(b) };
      return {
        id: linkId(ends.a, ends.b),
        ...ends,
        mtu: mtu.resolved,
        ...(Object.keys(impairments).length === 0 ? {} : { impairments }),
        ...(conditions?.medium === undefined ? {} : { medium: conditions.medium }),
      };
    }),
    processes: lab.processes,
  };
}

/** lo, eth0, eth1, …, eth10. */
function byName(a: InterfaceDraft, b: InterfaceDraft): number {
  if (isLo(a) || isLo(b)) return Number(isLo(b)) - Number(isLo(a));
  const [stemA, stemB] = [a.name.replace(/\d+$/, ""), b.name.replace(/\d+$/, "")];
  if (stemA !== stemB) return stemA < stemB ? -1 : 1;
  return Number(a.name.slice(stemA.length)) - Number(b.name.slice(stemB.length)) || (a.name < b.name ? -1 : 1);
}

function appliance(node: ApplianceDraft) {
  const { hostname, routes, vm, resources } = node.settings;
  return {
    kind: node.kind,
    engine: "vm" as const,
    hostname: hostname ?? node.name,
    routes: [...gatewayRoutes(node), ...routes.map(routeOf)],
    vm,
    ...(resources === undefined ? {} : { resources }),
  };
}

function machine(node: ProgramDraft, roles: Roles) {
  const made = roles.get(node);
  const {
    engine,
    root,
    hostname,
    routes,
    sysctls,
    environment,
    startup,
    files,
    mounts,
    resources,
    console,
    frr,
    capabilities,
    join,
  } = node.settings;
  const image = imageOfRole(node);
  const settings = {
    engine: node.role?.kind.container === undefined ? engine : ("container" as const),
    ...(image === undefined ? {} : { image }),
    root,
    hostname: hostname ?? node.name,
    routes: [...gatewayRoutes(node), ...routes.map(routeOf)],
    sysctls: {
      ...made?.sysctls,
      ...Object.fromEntries([...sysctls].map(([name, { value }]) => [name, value])),
    },
    environment: { ...made?.environment, ...environment },
    startup,
    files,
    mounts: [...mounts, ...(made?.mounts ?? []).filter(({ target }) => !mounts.some((one) => one.target === target))],
    ...(made === undefined ? {} : { role: made.role }),
    ...(resources === undefined ? {} : { resources }),
    ...(console === undefined ? {} : { console }),
    ...(capabilities.length === 0 ? {} : { capabilities }),
    ...(join === undefined ? {} : { join: join.node }),
  };
  return node.kind === "router"
    ? { kind: node.kind, ...settings, ...(frr === undefined ? {} : { frr }) }
    : { kind: node.kind, ...settings };
}

/** A gateway is a default route out of its interface. */
function gatewayRoutes(node: MachineDraft): readonly Route[] {
  return [...node.interfaces.values()].sort(byName).flatMap((one) =>
    one.gateways.map(({ address }) => ({
      to: address.family === 4 ? "0.0.0.0/0" : "::/0",
      via: formatAddress(address),
      interface: one.name,
    })),
  );
}

const routeOf = ({ to, via, interface: name, metric }: RouteDraft): Route => ({
  to: formatCidr(to),
  ...(via === undefined ? {} : { via: formatAddress(via) }),
  ...(name === undefined ? {} : { interface: name }),
  ...(metric === undefined ? {} : { metric }),
});

/** Gives every interface without a MAC address one that no other has. */
function deriveMacs(draft: LabDraft): void {
  const interfaces = [...draft.nodes.values()].flatMap((node) => [...node.interfaces.values()]);
  const taken = new Set(interfaces.flatMap(({ mac }) => mac ?? []));
  for (const one of interfaces) {
    if (isLo(one)) one.mac = "00:00:00:00:00:00";
    if (one.mac !== undefined) continue;
    one.mac = deriveMac(one.node.name, one.name, (mac) => taken.has(mac));
    taken.add(one.mac);
  }
}
