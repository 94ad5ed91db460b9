import type { Capture } from "../capture/capture.ts";
import {
  type Endpoint,
  endpointText,
  type Interface,
  isMachine,
  type LabNode,
  type Link,
  type LinkConditions,
  type LinkId,
  type Machine,
  type NodeName,
  type Process,
  type Route,
  runsPrograms,
} from "../model.ts";
import { newReach } from "../reach/change.ts";
import type { NodeReach } from "../reach/reach.ts";
import type { Step, SwitchPort } from "../steps.ts";
import { interfaceOfSysctl } from "../sysctl.ts";
import { addressChange, familyOf } from "./addresses.ts";
import { describeStep } from "./describe.ts";
import { type InstalledRoute, type KernelState, linkAt, machineOf, type NodeState } from "./kernel-state.ts";
import { outgoing, reach, routeKey } from "./routes.ts";
import { conditionsOf, same } from "./same.ts";
import { needsStart, restarts } from "./starting.ts";

/** Linux: BR_PORT_BITS (net/bridge/br_private.h) leaves 1,023 port numbers. */
const MAX_BRIDGE_PORTS = 1023;

/** The simulated kernel's refusal of a step, with the error number the real one would give. */
export class KernelRefusal extends Error {
  override readonly name = "KernelRefusal";
  readonly errno: string;

  constructor(errno: string, step: Step, reason: string) {
    super(`${describeStep(step)}: ${reason} (${errno})`);
    this.errno = errno;
  }
}

/**
 * Applies one step to a model of the kernel, as strict as the kernel and the supervisor are: things
 * must be there to be changed or removed and absent to be created, what is in use cannot go, and
 * routes vanish with their interface or once their gateway is not on-link any more. It exists to test
 * plans.
 *
 * @throws KernelRefusal when the step cannot be done in this state
 */
export function simulate(state: KernelState, step: Step): KernelState {
  return new Simulation(state, step).result();
}

class Simulation {
  readonly #state: KernelState;
  readonly #step: Step;

  constructor(state: KernelState, step: Step) {
    this.#state = state;
    this.#step = step;
  }

  result(): KernelState {
    const step = this.#step;
    const state = this.#state;
    switch (step.do) {
      case "node.create":
        return this.#createNode(step.node);
      case "node.remove":
        return this.#removeNode(step.node);
      case "node.configure":
        return this.#configureNode(step.from, step.to);
      case "interface.create":
        return this.#createInterface(step.node, step.interface);
      case "interface.remove":
        return this.#removeInterface(step.node, step.interface);
      case "interface.configure":
        return this.#configureInterface(step.node, step.from, step.to);
      case "routes.add":
        return this.#withNode(
          step.node,
          step.routes.reduce((node, route) => this.#addRoute(node, route), this.#machine(step.node)),
        );
      case "routes.remove":
        return this.#withNode(
          step.node,
          step.routes.reduce((node, route) => this.#removeRoute(node, route), this.#machine(step.node)),
        );
      case "link.connect":
        return this.#connect(step.link, step.ports);
      case "link.disconnect":
        return this.#disconnect(step.link, step.ports);
      case "link.impair":
        return this.#impair(step.link, step.from, step.to);
      case "names.set":
        this.#expect(same(state.names, step.from), "EINVAL", "the names are not those it speaks of");
        return { ...state, names: step.to };
      case "reach.set":
        return this.#setReach(step.node, step.from, step.to);
      case "limits.set":
        this.#expect(same(state.resources, step.from), "EINVAL", "the limits are not those it speaks of");
        return { ...state, resources: step.to };
      case "mode.set":
        this.#expect(state.mode === step.from, "EINVAL", "the mode is not the one it speaks of");
        return { ...state, mode: step.to };
      case "node.start":
        return this.#startNode(step.node);
      case "node.stop":
        return this.#stopNode(step.node);
      case "process.start":
        return this.#startProcess(step.process);
      case "process.stop":
        return this.#stopProcess(step.process);
      case "capture.start":
        return this.#startCapture(step.capture);
      case "capture.stop":
        return this.#stopCapture(step.capture);
      default:
        return step satisfies never;
    }
  }

  #createNode(node: LabNode): KernelState {
    this.#expect(!this.#state.nodes.has(node.name), "EEXIST", "the node is there already");
    return this.#withNode(node.name, {
      settings: node,
      interfaces: new Map(),
      routes: [],
      sysctls: isMachine(node) ? sysctlsFor(node, (name) => name === undefined || name === "lo") : {},
      started: false,
      reach: undefined,
    });
  }

  #removeNode(node: LabNode): KernelState {
    const present = this.#node(node.name);
    this.#expect(sameSettings(present.settings, node), "EINVAL", "the node is not the one it speaks of");
    this.#expect(!present.started, "EBUSY", "the node has not been stopped");
    this.#expect(present.reach === undefined, "EBUSY", "it reaches the outside");
    this.#expect(!this.#processesOn(node.name), "EBUSY", "processes run on the node");
    for (const endpoint of this.#state.jacks.keys()) {
      this.#expect(!endpoint.startsWith(`${node.name}:`), "EBUSY", `${endpoint} is linked`);
    }
    const nodes = new Map(this.#state.nodes);
    nodes.delete(node.name);
    return { ...this.#state, nodes };
  }

  #configureNode(from: LabNode, to: LabNode): KernelState {
    const present = this.#node(to.name);
    this.#expect(from.name === to.name && from.kind === to.kind, "EINVAL", "a node keeps its name and kind");
    this.#expect(sameSettings(present.settings, from), "EINVAL", "the node is not as it says");
    if (!isMachine(from) || !isMachine(to)) return this.#withNode(to.name, { ...present, settings: to });
    if (restarts(from, to)) {
      this.#expect(!present.started && !this.#processesOn(to.name), "EBUSY", "programs run that would not see it");
    }
    const sysctls = sysctlsFor(to, (name) => name === undefined || name === "lo" || present.interfaces.has(name));
    return this.#withNode(to.name, { ...present, settings: to, sysctls });
  }

  #createInterface(name: NodeName, one: Interface): KernelState {
    const node = this.#machine(name);
    this.#expect(!node.interfaces.has(one.name), "EEXIST", "the interface is there already");
    return this.#withNode(name, {
      ...node,
      interfaces: new Map(node.interfaces).set(one.name, one),
      sysctls: { ...node.sysctls, ...sysctlsFor(node.settings as Machine, (owner) => owner === one.name) },
    });
  }

  #removeInterface(name: NodeName, one: Interface): KernelState {
    const node = this.#machine(name);
    this.#expect(same(node.interfaces.get(one.name), one), "ENODEV", "there is no such interface");
    this.#expect(linkAt(this.#state, { node: name, interface: one.name }) === undefined, "EBUSY", "its jack is linked");
    const interfaces = new Map(node.interfaces);
    interfaces.delete(one.name);
    const sysctls = Object.fromEntries(
      Object.entries(node.sysctls).filter(([key]) => one.name === "lo" || interfaceOfSysctl(key) !== one.name),
    );
    const routes = one.name === "lo" ? node.routes : node.routes.filter(({ device }) => device !== one.name);
    return this.#withNode(name, withLiveRoutes({ ...node, interfaces, sysctls, routes }, one, []));
  }

  #configureInterface(name: NodeName, from: Interface, to: Interface): KernelState {
    const node = this.#machine(name);
    this.#expect(from.name === to.name, "EINVAL", "an interface keeps its name");
    this.#expect(same(node.interfaces.get(from.name), from), "ENODEV", "the interface is not as it says");
    const stripped = withLiveRoutes(node, from, addressChange(from, to).kept);
    return this.#withNode(name, { ...stripped, interfaces: new Map(node.interfaces).set(to.name, to) });
  }

  #addRoute(node: NodeState, route: Route): NodeState {
    const interfaces = [...node.interfaces.values()];
    const present = node.routes.map((installed) => installed.route);
    for (const other of present) {
      const taken = other.to === route.to && (other.metric ?? 0) === (route.metric ?? 0);
      this.#expect(!taken, "EEXIST", `there is a route to ${route.to} already`);
    }
    if (route.via?.startsWith("fe80:")) {
      this.#expect(route.interface !== undefined, "EINVAL", "a link-local gateway needs an interface");
    }
    const device = outgoing(route, interfaces, present);
    if (device === undefined) throw this.#refusal("ENETUNREACH", `no interface reaches ${route.via ?? route.to}`);
    const at = node.interfaces.get(device) ?? (device === "lo" ? LOOPBACK : undefined);
    if (at === undefined) throw this.#refusal("ENODEV", `there is no ${device}`);
    if (route.via !== undefined) {
      this.#expect(
        reach(route.via, at, present) !== undefined,
        "ENETUNREACH",
        `${route.via} is not on-link at ${device}`,
      );
    }
    return { ...node, routes: [...node.routes, { route, device }] };
  }

  #removeRoute(node: NodeState, route: Route): NodeState {
    const routes = node.routes.filter((installed) => routeKey(installed.route) !== routeKey(route));
    this.#expect(routes.length === node.routes.length - 1, "ESRCH", `there is no route to ${route.to}`);
    return { ...node, routes };
  }

  #connect(link: Link, ports: readonly SwitchPort[]): KernelState {
    this.#expect(!this.#state.links.has(link.id), "EEXIST", "the link is there already");
    const jacks = new Map(this.#state.jacks);
    for (const endpoint of [link.a, link.b]) {
      this.#expectJack(endpoint);
      this.#expect(!jacks.has(endpointText(endpoint)), "EBUSY", `${endpointText(endpoint)} is linked already`);
      jacks.set(endpointText(endpoint), link.id);
    }
    return { ...this.#state, jacks, links: new Map(this.#state.links).set(link.id, { link, ports }) };
  }

  #expectJack(endpoint: Endpoint): void {
    const node = this.#node(endpoint.node);
    if (isMachine(node.settings)) {
      const has = node.interfaces.has(endpoint.interface) && endpoint.interface !== "lo";
      this.#expect(has, "ENODEV", `there is no jack ${endpointText(endpoint)}`);
    } else {
      const ports = [...this.#state.jacks.keys()].filter((jack) => jack.startsWith(`${endpoint.node}:`));
      this.#expect(ports.length < MAX_BRIDGE_PORTS, "EXFULL", `${endpoint.node} has no port left`);
    }
  }

  #disconnect(link: Link, ports: readonly SwitchPort[]): KernelState {
    this.#expect(same(this.#state.links.get(link.id), { link, ports }), "ENOENT", "there is no such link");
    const links = new Map(this.#state.links);
    links.delete(link.id);
    const jacks = new Map(this.#state.jacks);
    for (const endpoint of [link.a, link.b]) jacks.delete(endpointText(endpoint));
    return { ...this.#state, links, jacks };
  }

  #impair(id: LinkId, from: LinkConditions, to: LinkConditions): KernelState {
    const present = this.#state.links.get(id);
    if (present === undefined) throw this.#refusal("ENOENT", "there is no such link");
    this.#expect(same(conditionsOf(present.link), from), "EINVAL", "the link is not as it says");
    const { impairments: _, medium: __, ...bare } = present.link;
    const links = new Map(this.#state.links).set(id, { ...present, link: { ...bare, ...to } });
    return { ...this.#state, links };
  }

  #setReach(name: NodeName, from: NodeReach | undefined, to: NodeReach | undefined): KernelState {
    const present = this.#machine(name);
    this.#expect(same(present.reach, from), "EINVAL", "the ways outside are not those it speaks of");
    for (const { hostPort, address, protocol } of newReach(from, to).ports) {
      const has = ({ reach }: NodeState) =>
        reach?.ports.some((one) => one.hostPort === hostPort && one.address === address && one.protocol === protocol);
      const owner = [...this.#state.nodes].find(([other, node]) => other !== name && has(node));
      this.#expect(hostPort === 0 || owner === undefined, "EADDRINUSE", `${owner?.[0]} has port ${hostPort}`);
    }
    return this.#withNode(name, { ...present, reach: to });
  }

  #startNode(node: Machine): KernelState {
    const present = this.#machine(node.name);
    this.#expect(!present.started, "EBUSY", "the node runs already");
    this.#expect(
      sameMachine(machineOf(present.settings as Machine, present), node),
      "EINVAL",
      "the node is not as it says",
    );
    return this.#withNode(node.name, { ...present, started: true });
  }

  #stopNode(node: Machine): KernelState {
    const present = this.#machine(node.name);
    this.#expect(present.started, "ESRCH", "the node does not run");
    this.#expect(
      sameMachine(machineOf(present.settings as Machine, present), node),
      "EINVAL",
      "the node is not as it says",
    );
    this.#expect(!this.#processesOn(node.name), "EBUSY", "processes run on the node");
    return this.#withNode(node.name, { ...present, started: false });
  }

  #startProcess(process: Process): KernelState {
    const node = this.#machine(process.node);
    this.#expect(node.started || !needsStart(node.settings as Machine), "ESRCH", "its node has not been started");
    this.#expect(!this.#state.processes.has(process.name), "EEXIST", "it runs already");
    for (const dependency of process.after) {
      this.#expect(this.#state.processes.has(dependency.process), "ECHILD", `${dependency.process} does not run yet`);
    }
    return { ...this.#state, processes: new Map(this.#state.processes).set(process.name, process) };
  }

  #stopProcess(process: Process): KernelState {
    this.#expect(same(this.#state.processes.get(process.name), process), "ESRCH", "it does not run");
    const processes = new Map(this.#state.processes);
    processes.delete(process.name);
    return { ...this.#state, processes };
  }

  #startCapture(capture: Capture): KernelState {
    this.#expect(!this.#state.captures.has(capture.file), "EEXIST", "it runs already");
    for (const { node, interface: name } of capture.interfaces) {
      const { settings, interfaces } = this.#node(node);
      this.#expect(!isMachine(settings) || interfaces.has(name), "ENODEV", `there is no ${node}:${name}`);
    }
    return { ...this.#state, captures: new Map(this.#state.captures).set(capture.file, capture) };
  }

  #stopCapture(capture: Capture): KernelState {
    this.#expect(same(this.#state.captures.get(capture.file), capture), "ESRCH", "it does not run");
    const captures = new Map(this.#state.captures);
    captures.delete(capture.file);
    return { ...this.#state, captures };
  }

  #processesOn(node: NodeName): boolean {
    return [...this.#state.processes.values()].some((process) => process.node === node);
  }

  #node(name: NodeName): NodeState {
    const node = this.#state.nodes.get(name);
    if (node === undefined) throw this.#refusal("ENOENT", `there is no node ${name}`);
    return node;
  }

  #machine(name: NodeName): NodeState {
    const node = this.#node(name);
    this.#expect(isMachine(node.settings), "EINVAL", `${name} is not a machine`);
    return node;
  }

  #withNode(name: NodeName, node: NodeState): KernelState {
    return { ...this.#state, nodes: new Map(this.#state.nodes).set(name, node) };
  }

  #expect(condition: boolean, errno: string, reason: string): void {
    if (!condition) throw this.#refusal(errno, reason);
  }

  #refusal(errno: string, reason: string): KernelRefusal {
    return new KernelRefusal(errno, this.#step, reason);
  }
}

/** Every namespace has it, whether or not the lab gives it addresses. */
const LOOPBACK: Interface = { name: "lo", mac: "00:00:00:00:00:00", addresses: [], mtu: 65536 };

/** The kernel settings of a machine whose interface (undefined: the whole namespace) is `wanted`. */
function sysctlsFor(machine: Machine, wanted: (name: string | undefined) => boolean): Record<string, string> {
  if (!runsPrograms(machine)) return {};
  return Object.fromEntries(Object.entries(machine.sysctls).filter(([key]) => wanted(interfaceOfSysctl(key))));
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

/** Whether two nodes are the same in what node.configure sets. */
function sameSettings(a: LabNode, b: LabNode): boolean {
  const settings = (node: LabNode) => ({
    ...node,
    interfaces: undefined,
    ...(runsPrograms(node) ? { routes: undefined, reach: undefined } : {}),
  });
  return same(settings(a), settings(b));
}

/** Whether two machines are the same, the order of interfaces and routes aside. */
function sameMachine(a: Machine, b: Machine): boolean {
  const sorted = (node: Machine) => ({
    ...node,
    interfaces: node.interfaces.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    routes: node.routes.map(routeKey).toSorted(),
  });
  return same(sorted(a), sorted(b));
}
