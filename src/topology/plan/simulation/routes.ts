import type { Interface, NodeName, Route } from "../../model.ts";
import type { KernelState, NodeState } from "../kernel-state.ts";
import { outgoing, reach, routeKey } from "../routes.ts";
import type { Before } from "./before.ts";

/** Every namespace has it, whether or not the lab gives it addresses. */
const LOOPBACK: Interface = { name: "lo", mac: "00:00:00:00:00:00", addresses: [], mtu: 65536 };

export function addRoutes(before: Before, name: NodeName, routes: readonly Route[]): KernelState {
  const after = routes.reduce((node, route) => addRoute(before, node, route), before.machine(name));
  return before.withNode(name, after);
}

export function removeRoutes(before: Before, name: NodeName, routes: readonly Route[]): KernelState {
  const after = routes.reduce((node, route) => removeRoute(before, node, route), before.machine(name));
  return before.withNode(name, after);
}

function addRoute(before: Before, node: NodeState, route: Route): NodeState {
  const interfaces = [...node.interfaces.values()];
  const present = node.routes.map((installed) => installed.route);
  for (const other of present) {
    const taken = other.to === route.to && (other.metric ?? 0) === (route.metric ?? 0);
    before.expect(!taken, "EEXIST", `there is a route to ${route.to} already`);
  }
  if (route.via?.startsWith("fe80:")) {
    before.expect(route.interface !== undefined, "EINVAL", "a link-local gateway needs an interface");
  }
  const device = outgoing(route, interfaces, present);
  if (device === undefined) throw before.refusal("ENETUNREACH", `no interface reaches ${route.via ?? route.to}`);
  const at = node.interfaces.get(device) ?? (device === "lo" ? LOOPBACK : undefined);
  if (at === undefined) throw before.refusal("ENODEV", `there is no ${device}`);
  if (route.via !== undefined) {
    before.expect(
      reach(route.via, at, present) !== undefined,
      "ENETUNREACH",
      `${route.via} is not on-link at ${device}`,
    );
  }
  return { ...node, routes: [...node.routes, { route, device }] };
}

function removeRoute(before: Before, node: NodeState, route: Route): NodeState {
  const routes = node.routes.filter((installed) => routeKey(installed.route) !== routeKey(route));
  before.expect(routes.length === node.routes.length - 1, "ESRCH", `there is no route to ${route.to}`);
  return { ...node, routes };
}
