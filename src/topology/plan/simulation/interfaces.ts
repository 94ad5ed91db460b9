import type { Interface, Machine, NodeName, Route } from "../../model.ts";
import { interfaceOfSysctl } from "../../sysctl.ts";
import { addressChange, familyOf } from "../addresses.ts";
import { type InstalledRoute, type KernelState, linkAt, type NodeState } from "../kernel-state.ts";
import { reach } from "../routes.ts";
import { same } from "../same.ts";
import type { Before } from "./before.ts";
import { sysctlsFor } from "./sysctls.ts";

export function createInterface(before: Before, name: NodeName, one: Interface): KernelState {
  const node = before.machine(name);
  before.expect(!node.interfaces.has(one.name), "EEXIST", "the interface is there already");
  return before.withNode(name, {
    ...node,
    interfaces: new Map(node.interfaces).set(one.name, one),
    sysctls: { ...node.sysctls, ...sysctlsFor(node.settings as Machine, (owner) => owner === one.name) },
  });
}

export function removeInterface(before: Before, name: NodeName, one: Interface): KernelState {
  const node = before.machine(name);
  before.expect(same(node.interfaces.get(one.name), one), "ENODEV", "there is no such interface");
  before.expect(linkAt(before.state, { node: name, interface: one.name }) === undefined, "EBUSY", "its jack is linked");
  const interfaces = new Map(node.interfaces);
  interfaces.delete(one.name);
  const sysctls = Object.fromEntries(
    Object.entries(node.sysctls).filter(([key]) => one.name === "lo" || interfaceOfSysctl(key) !== one.name),
  );
  const routes = one.name === "lo" ? node.routes : node.routes.filter(({ device }) => device !== one.name);
  return before.withNode(name, withLiveRoutes({ ...node, interfaces, sysctls, routes }, one, []));
}

export function configureInterface(before: Before, name: NodeName, from: Interface, to: Interface): KernelState {
  const node = before.machine(name);
  before.expect(from.name === to.name, "EINVAL", "an interface keeps its name");
  before.expect(same(node.interfaces.get(from.name), from), "ENODEV", "the interface is not as it says");
  const stripped = withLiveRoutes(node, from, addressChange(from, to).kept);
  return before.withNode(name, { ...stripped, interfaces: new Map(node.interfaces).set(to.name, to) });
}

/**
 * A node once `one` has only the addresses `kept`: an interface that loses its last address of a family
 * loses the routes of that family, and gateways that were on-link may not be any more.
 */
function withLiveRoutes(node: NodeState, one: Interface, kept: readonly string[]): NodeState {
  const lost = ([4, 6] as const).filter(
    (family) =>
      one.name !== "lo" &&
      one.addresses.some((address) => familyOf(address) === family) &&
      !kept.some((address) => familyOf(address) === family),
  );
  const at: Interface = { ...one, addresses: kept };
  const alive: InstalledRoute[] = [];
  const direct: Route[] = [];
  for (const installed of node.routes) {
    const { route, device } = installed;
    if (route.via !== undefined) continue;
    if (device === one.name && lost.includes(familyOf(route.to))) continue;
    direct.push(route);
  }
  for (const installed of node.routes) {
    const { route, device } = installed;
    const lives =
      route.via === undefined
        ? direct.includes(route)
        : device !== one.name || reach(route.via, at, direct) !== undefined;
    if (lives) alive.push(installed);
  }
  return { ...node, routes: alive };
}
