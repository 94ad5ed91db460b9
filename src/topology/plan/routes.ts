import { contains, isLinkLocal, parseAddress, parseCidr } from "../address.ts";
import type { Interface, Machine, Route } from "../model.ts";
import { addressChange, familyOf } from "./addresses.ts";

type RouteChange = { readonly remove: readonly Route[]; readonly add: readonly Route[] };

/** Identifies a route in its node. */
export const routeKey = (route: Route): string =>
  `${route.to} ${route.via ?? ""} ${route.interface ?? ""} ${route.metric ?? ""}`;

/**
 * The routes to take away before, and to put back after, the interfaces of a machine change: those
 * that differ, and those that stay in the lab but would not outlive the change in the kernel, which
 * drops the routes of an interface that goes or loses its last address of their family.
 *
 * Routes to what is on-link come first when added and last when removed, since gateways may be
 * reached through them.
 */
export function routeChange(before: Machine, after: Machine): RouteChange {
  const survivors = survivingRoutes(before, after);
  const others = (routes: readonly Route[]) => routes.filter((route) => !survivors.has(routeKey(route)));
  return { remove: gatewaysLast(others(before.routes)).reverse(), add: gatewaysLast(others(after.routes)) };
}

/** All routes of a machine in the order in which they can be added. */
export const gatewaysLast = (routes: readonly Route[]): Route[] => [
  ...routes.filter((route) => route.via === undefined),
  ...routes.filter((route) => route.via !== undefined),
];

function survivingRoutes(before: Machine, after: Machine): ReadonlySet<string> {
  if (before.routes.length === 0) return new Set();
  const wanted = new Set(after.routes.map(routeKey));
  const interfaces = new Map(after.interfaces.map((one) => [one.name, one]));
  const stays = new Map<
    string,
    { readonly from: Interface; readonly to: Interface; readonly kept: readonly string[] }
  >();
  for (const from of before.interfaces) {
    const to = interfaces.get(from.name);
    if (to !== undefined) stays.set(from.name, { from, to, kept: addressChange(from, to).kept });
  }

  const survivors = new Set<string>();
  const direct: Route[] = [];
  for (const route of gatewaysLast(before.routes)) {
    if (!wanted.has(routeKey(route))) continue;
    const device = outgoing(route, before.interfaces, before.routes);
    // A gateway may be reached through another interface once addresses have moved.
    if (device === undefined || device !== outgoing(route, after.interfaces, after.routes)) continue;
    const stay = stays.get(device);
    if (route.via === undefined && device === "lo") {
      // Its 127.0.0.1 and ::1 never go.
      direct.push(route);
    } else if (stay === undefined) {
      continue;
    } else if (route.via === undefined) {
      const ofFamily = (address: string) => familyOf(address) === familyOf(route.to);
      // `to` counts as well, so that undoing the change loses no route either.
      if ([...stay.from.addresses, ...stay.to.addresses].some(ofFamily) && !stay.kept.some(ofFamily)) continue;
      direct.push(route);
    } else if (reach(route.via, { ...stay.from, addresses: stay.kept }, direct) === undefined) {
      continue;
    }
    survivors.add(routeKey(route));
  }
  return survivors;
}

/** The interface a route leaves by: the one it names, or the one that reaches its gateway with the longest prefix. */
export function outgoing(route: Route, interfaces: readonly Interface[], routes: readonly Route[]): string | undefined {
  if (route.interface !== undefined || route.via === undefined) return route.interface;
  let best: { readonly name: string; readonly length: number } | undefined;
  for (const candidate of interfaces) {
    const length = reach(route.via, candidate, routes);
    if (length !== undefined && (best === undefined || length > best.length)) best = { name: candidate.name, length };
  }
  return best?.name;
}

/**
 * With what prefix length a gateway is on-link at an interface, by its addresses or by a route that
 * names the interface and no gateway; undefined when it is not. A link-local gateway always is.
 */
export function reach(via: string, at: Interface, routes: readonly Route[]): number | undefined {
  const gateway = parseAddress(via);
  if ("problem" in gateway) return undefined;
  if (isLinkLocal(gateway)) return 10;
  let best: number | undefined;
  const consider = (text: string) => {
    if (familyOf(text) !== gateway.family) return;
    const prefix = parseCidr(text);
    if ("problem" in prefix || !contains(prefix, gateway)) return;
    if (best === undefined || prefix.length > best) best = prefix.length;
  };
  for (const address of at.addresses) consider(address);
  for (const route of routes) if (route.via === undefined && route.interface === at.name) consider(route.to);
  return best;
}
