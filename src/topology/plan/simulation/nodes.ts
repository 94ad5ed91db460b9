import { frrChange } from "../../frr/change.ts";
import { isMachine, type LabNode, type Machine, type NodeName, type RouterNode, runsPrograms } from "../../model.ts";
import { newReach } from "../../reach/change.ts";
import type { NodeReach } from "../../reach/reach.ts";
import { type KernelState, machineOf, type NodeState } from "../kernel-state.ts";
import { routeKey } from "../routes.ts";
import { same } from "../same.ts";
import { restarts } from "../starting.ts";
import type { Before } from "./before.ts";
import { sysctlsFor } from "./sysctls.ts";

export function createNode(before: Before, node: LabNode): KernelState {
  before.expect(!before.state.nodes.has(node.name), "EEXIST", "the node is there already");
  return before.withNode(node.name, {
    settings: node,
    interfaces: new Map(),
    routes: [],
    sysctls: isMachine(node) ? sysctlsFor(node, (name) => name === undefined || name === "lo") : {},
    started: false,
    reach: undefined,
  });
}

export function removeNode(before: Before, node: LabNode): KernelState {
  const present = before.node(node.name);
  before.expect(sameSettings(present.settings, node), "EINVAL", "the node is not the one it speaks of");
  before.expect(!present.started, "EBUSY", "the node has not been stopped");
  before.expect(present.reach === undefined, "EBUSY", "it reaches the outside");
  before.expect(!before.runsProcesses(node.name), "EBUSY", "processes run on the node");
  for (const endpoint of before.state.jacks.keys()) {
    before.expect(!endpoint.startsWith(`${node.name}:`), "EBUSY", `${endpoint} is linked`);
  }
  const nodes = new Map(before.state.nodes);
  nodes.delete(node.name);
  return { ...before.state, nodes };
}

export function configureNode(before: Before, from: LabNode, to: LabNode): KernelState {
  const present = before.node(to.name);
  before.expect(from.name === to.name && from.kind === to.kind, "EINVAL", "a node keeps its name and kind");
  before.expect(sameSettings(present.settings, from), "EINVAL", "the node is not as it says");
  if (!isMachine(from) || !isMachine(to)) return before.withNode(to.name, { ...present, settings: to });
  if (restarts(from, to)) {
    before.expect(!present.started && !before.runsProcesses(to.name), "EBUSY", "programs run that would not see it");
  }
  const sysctls = sysctlsFor(to, (name) => name === undefined || name === "lo" || present.interfaces.has(name));
  return before.withNode(to.name, { ...present, settings: to, sysctls });
}

export function setReach(
  before: Before,
  name: NodeName,
  from: NodeReach | undefined,
  to: NodeReach | undefined,
): KernelState {
  const present = before.machine(name);
  before.expect(same(present.reach, from), "EINVAL", "the ways outside are not those it speaks of");
  for (const { hostPort, address, protocol } of newReach(from, to).ports) {
    const has = ({ reach }: NodeState) =>
      reach?.ports.some((one) => one.hostPort === hostPort && one.address === address && one.protocol === protocol);
    const owner = [...before.state.nodes].find(([other, node]) => other !== name && has(node));
    before.expect(hostPort === 0 || owner === undefined, "EADDRINUSE", `${owner?.[0]} has port ${hostPort}`);
  }
  return before.withNode(name, { ...present, reach: to });
}

export function startNode(before: Before, node: Machine): KernelState {
  const present = before.machine(node.name);
  before.expect(!present.started, "EBUSY", "the node runs already");
  before.expect(
    sameMachine(machineOf(present.settings as Machine, present), node),
    "EINVAL",
    "the node is not as it says",
  );
  return before.withNode(node.name, { ...present, started: true, routing: frrOf(node) });
}

export function stopNode(before: Before, node: Machine): KernelState {
  const present = before.machine(node.name);
  before.expect(present.started, "ESRCH", "the node does not run");
  before.expect(
    sameMachine(machineOf(present.settings as Machine, present), node),
    "EINVAL",
    "the node is not as it says",
  );
  before.expect(!before.runsProcesses(node.name), "EBUSY", "processes run on the node");
  before.expect(same(present.routing, frrOf(node)), "EBUSY", "its daemons have another configuration");
  return before.withNode(node.name, { ...present, started: false, routing: undefined });
}

export function loadRouting(before: Before, from: RouterNode, to: RouterNode): KernelState {
  const present = before.machine(to.name);
  before.expect(present.started, "ESRCH", "the node does not run");
  before.expect(same(present.routing, from.frr), "EINVAL", "its daemons have another configuration");
  // Undoing comes to it before the settings are taken back.
  const settings = present.settings as RouterNode;
  before.expect(same(settings.frr, from.frr) || same(settings.frr, to.frr), "EINVAL", "the node is another");
  const change = frrChange(from.frr?.config ?? "", to.frr?.config ?? "");
  before.expect(change.by === "load", "EOPNOTSUPP", "daemons that run cannot take it over");
  return before.withNode(to.name, { ...present, routing: to.frr });
}

const frrOf = (node: Machine) => (node.kind === "router" ? node.frr : undefined);

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
