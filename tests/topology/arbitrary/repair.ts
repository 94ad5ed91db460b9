import { contains, parseAddress, parseCidr } from "../../../src/topology/address.ts";
import {
  type ApplianceNode,
  endpointText,
  type Interface,
  isMachine,
  type Lab,
  type Machine,
  type Process,
  type ProgramNode,
  type Route,
  runsPrograms,
  type SwitchNode,
} from "../../../src/topology/model.ts";
import { hostSide } from "../../../src/topology/reach/reach.ts";
import type { LabResources } from "../../../src/topology/resources.ts";
import { interfaceOfSysctl } from "../../../src/topology/sysctl.ts";
import type { RawLink } from "./link.ts";
import type { RawLab } from "./raw.ts";
import { withoutContradiction } from "./switch.ts";
import { LAB_NAME, NODE_NAMES, PORTS } from "./values.ts";

/** Drops what validation would refuse. */
export function repair(raw: RawLab): Lab {
  const jacks = new Set(
    raw.nodes.flatMap((node) => node.interfaces.map((one) => endpointText({ node: node.name, interface: one.name }))),
  );
  const switches = new Set(raw.nodes.filter((node) => !isMachine(node)).map((node) => node.name));
  const taken = new Set<string>();
  const trees = new Trees();
  const links = raw.links.filter(({ a, b }) => {
    if (a.node === b.node) return false;
    const ends = [a, b];
    if (!ends.every((end) => jacks.has(endpointText(end)) || switches.has(end.node))) return false;
    if (ends.some((end) => taken.has(endpointText(end)))) return false;
    if (ends.every((end) => switches.has(end.node)) && !trees.join(a.node, b.node)) return false;
    for (const end of ends) taken.add(endpointText(end));
    return true;
  });

  const machines = new Set(raw.nodes.filter(runsPrograms).map((node) => node.name));
  const processes: Process[] = [];
  for (const process of raw.processes) {
    if (!machines.has(process.node)) continue;
    // Only on processes before it, so that there are no circles; and only on what can come true.
    const after = process.after.flatMap((dependency) => {
      const other = processes.find(({ name }) => name === dependency.process);
      if (other === undefined || (dependency.condition === "ready" && other.ready === undefined)) return [];
      return dependency.condition === "success" && other.restart === "always" ? [] : [dependency];
    });
    processes.push({ ...process, after });
  }
  const published = new Set<string>();
  const nodes = raw.nodes.map((node) =>
    isMachine(node) ? withoutTakenPorts(repairMachine(node), published) : withPorts(node, links),
  );
  const there = new Set(nodes.flatMap((node) => node.interfaces.map((one) => `${node.name}:${one.name}`)));
  const captures = raw.captures.flatMap((one) => {
    const interfaces = one.interfaces.filter((end) => there.has(endpointText(end)));
    return interfaces.length === 0 ? [] : [{ ...one, interfaces }];
  });
  return {
    name: LAB_NAME,
    mode: raw.mode,
    nodes,
    links: links.map(({ variant: _, ...link }) => link),
    // Not in the order in which they start, so that it has to be worked out.
    processes: processes.reverse(),
    ...(captures.length === 0 ? {} : { captures }),
    ...(Object.keys(raw.resources ?? {}).length === 0 ? {} : { resources: raw.resources as LabResources }),
  };
}

/** Sets that are joined (union-find): whether a link closes a loop of switches, in which frames would circle. */
class Trees {
  readonly #parents = new Map<string, string>();

  /** False when the two are joined already. */
  join(a: string, b: string): boolean {
    const [one, other] = [this.#root(a), this.#root(b)];
    this.#parents.set(one, other);
    return one !== other;
  }

  #root(of: string): string {
    const parent = this.#parents.get(of);
    return parent === undefined || parent === of ? of : this.#root(parent);
  }
}

/** A node with the ports of this machine that no other has, and nothing that is undefined, which JSON does not keep. */
function withoutTakenPorts<Node extends Machine>(node: Node, published: Set<string>): Node {
  if (!runsPrograms(node)) return node;
  const { reach, aliases, resources, ...rest } = node as ProgramNode;
  const ports = (reach?.ports ?? []).filter((port) => {
    const key = hostSide(port);
    return port.hostPort === 0 || (!published.has(key) && published.add(key));
  });
  return {
    ...rest,
    ...(aliases === undefined ? {} : { aliases }),
    ...(resources === undefined ? {} : { resources }),
    ...(reach === undefined || ports.length === 0 ? {} : { reach: { ...reach, ports } }),
  } as ProgramNode as Node;
}

/** A switch with a port for each of its links. */
function withPorts(node: SwitchNode, links: readonly RawLink[]): SwitchNode {
  const ports = links.flatMap(({ a, b, mtu, variant }) =>
    [a, b]
      .filter((end) => end.node === node.name)
      .map((end) => ({
        name: end.interface,
        mac: `02:00:01:0${variant === 1 ? 1 : 0}:0${NODE_NAMES.indexOf(node.name as "a")}:0${PORTS.indexOf(end.interface as "wan")}`,
        addresses: [],
        mtu: variant === 2 ? 1400 : mtu,
      })),
  );
  const names = new Set(ports.map(({ name }) => name));
  const { vlans = {}, ...rest } = node;
  const known = Object.entries(vlans).filter(([port]) => names.has(port));
  return withoutContradiction({
    ...rest,
    interfaces: ports.sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...(known.length === 0 ? {} : { vlans: Object.fromEntries(known) }),
  });
}

function repairMachine<Node extends ProgramNode | ApplianceNode>(node: Node): Node {
  const names = new Set(node.interfaces.map((one) => one.name));
  const routes: Route[] = [];
  const destinations = new Set<string>();
  for (const route of [...node.routes.filter(({ via }) => !via), ...node.routes.filter(({ via }) => via)]) {
    const destination = `${route.to} ${route.metric ?? 0}`;
    if (destinations.has(destination) || !isReachable(route, node.interfaces, routes)) continue;
    destinations.add(destination);
    routes.push(route);
  }
  const kept = new Set(routes);
  const repaired = { ...node, routes: node.routes.filter((route) => kept.has(route)) };
  if (!runsPrograms(repaired)) return repaired;
  return {
    ...repaired,
    sysctls: Object.fromEntries(
      Object.entries(repaired.sysctls).filter(([key]) => {
        const owner = interfaceOfSysctl(key);
        return owner === undefined || names.has(owner);
      }),
    ),
  };
}

/** Whether an interface of the node leads to the route's gateway, directly or by a route before it. */
function isReachable(route: Route, interfaces: readonly Interface[], before: readonly Route[]): boolean {
  const candidates = interfaces.filter((one) => route.interface === undefined || route.interface === one.name);
  if (candidates.length === 0) return false;
  if (route.via === undefined || route.via.startsWith("fe80:")) return true;
  const gateway = parseAddress(route.via);
  if ("problem" in gateway) throw new Error(`${route.via}: ${gateway.problem}`);
  return candidates.some((one) => {
    const direct = before.filter((other) => other.via === undefined && other.interface === one.name);
    return [...one.addresses, ...direct.map(({ to }) => to)].some((text) => {
      const prefix = parseCidr(text);
      return !("problem" in prefix) && contains(prefix, gateway);
    });
  });
}
