import { type Address, contains, formatAddress, formatCidr, isLinkLocal, networkText } from "../address.ts";
import type { Findings } from "../findings.ts";
import { nearest } from "../nearest.ts";
import {
  endpointOf,
  type InterfaceDraft,
  isMachineDraft,
  type LabDraft,
  type MachineDraft,
  type RouteDraft,
} from "../resolve/draft.ts";
import type { Segments } from "../resolve/segments.ts";

/** Gateways and next hops are neighbours, and no two routes of a node are the same to the kernel. */
export function validateRoutes(draft: LabDraft, segments: Segments, findings: Findings): void {
  for (const node of draft.nodes.values()) {
    if (!isMachineDraft(node)) continue;
    for (const one of node.interfaces.values()) validateGateways(one, segments, findings);
    const interfaces = [...node.interfaces.values()];
    for (const route of node.settings.routes) validateRoute(node, interfaces, route, findings);
    validateUnique(node, findings);
  }
}

function validateGateways(one: InterfaceDraft, segments: Segments, findings: Findings): void {
  if (one.gateways.length === 0 || findings.isTainted([...one.path, "addresses"])) return;
  const endpoint = endpointOf(one);
  for (const { address, path } of one.gateways) {
    const gateway = formatAddress(address);
    const own = one.addresses.map(({ cidr }) => cidr).filter(({ family }) => family === address.family);
    if (own.some(({ value }) => value === address.value)) {
      findings.error("GATEWAY_IS_SELF", { gateway, endpoint }, path);
    } else if (!isLinkLocal(address) && !own.some((cidr) => contains(cidr, address))) {
      findings.error("GATEWAY_NOT_ON_LINK", { gateway, endpoint, prefixes: own.map(networkText) }, path);
    } else if (!isLinkLocal(address) && !hasOwner(address, one, segments)) {
      findings.warn("GATEWAY_HAS_NO_OWNER", { gateway, endpoint }, path);
    }
  }
}

function hasOwner(address: Address, one: InterfaceDraft, segments: Segments): boolean {
  const neighbours = segments.of.get(one)?.interfaces ?? [];
  return neighbours.some(({ addresses }) =>
    addresses.some(({ cidr }) => cidr.family === address.family && cidr.value === address.value),
  );
}

function validateRoute(
  node: MachineDraft,
  interfaces: readonly InterfaceDraft[],
  route: RouteDraft,
  findings: Findings,
): void {
  const { via, path } = route;
  if (route.interface !== undefined && !node.interfaces.has(route.interface) && route.interface !== "lo") {
    const known = [...node.interfaces.keys()];
    const suggestion = nearest(route.interface, known);
    const details = {
      node: node.name,
      interface: route.interface,
      known,
      ...(suggestion === undefined ? {} : { nearest: suggestion }),
    };
    findings.error("INTERFACE_UNKNOWN", details, [...path, "interface"]);
    return;
  }
  if (via === undefined || isLinkLocal(via) || findings.isTainted([...node.path, "interfaces"])) return;
  const usable = interfaces.filter((one) => route.interface === undefined || one.name === route.interface);
  const prefixes = usable
    .flatMap((one) => one.addresses.map(({ cidr }) => cidr))
    .filter(({ family }) => family === via.family);
  // A route without gateway makes its prefix on-link too.
  const direct = node.settings.routes.filter(
    (other) => other.via === undefined && (route.interface === undefined || other.interface === route.interface),
  );
  if ([...prefixes, ...direct.map(({ to }) => to)].some((prefix) => contains(prefix, via))) return;
  const details = { node: node.name, via: formatAddress(via), prefixes: [...new Set(prefixes.map(networkText))] };
  findings.error(
    "ROUTE_VIA_UNREACHABLE",
    route.interface === undefined ? details : { ...details, interface: route.interface },
    [...path, "via"],
  );
}

/** The kernel knows a route by prefix and metric. */
function validateUnique(node: MachineDraft, findings: Findings): void {
  const seen = new Set<string>();
  const add = (to: string, metric: number | undefined, path: RouteDraft["path"]) => {
    const key = `${to} ${metric ?? ""}`;
    if (seen.has(key)) findings.error("ROUTE_TWICE", { node: node.name, to, metric }, path);
    seen.add(key);
  };
  for (const { gateways } of node.interfaces.values()) {
    for (const { address, path } of gateways) add(address.family === 4 ? "0.0.0.0/0" : "::/0", undefined, path);
  }
  for (const { to, metric, path } of node.settings.routes) add(formatCidr(to), metric, path);
}
