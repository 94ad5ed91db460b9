import type { Capture } from "../capture/capture.ts";
import {
  endpointText,
  type Interface,
  isMachine,
  type Lab,
  type LabNode,
  type Link,
  type LinkId,
  type Machine,
  type NodeName,
  type Process,
  runsPrograms,
} from "../model.ts";
import { startOrder } from "../order.ts";
import { commonReach } from "../reach/change.ts";
import type { NodeReach } from "../reach/reach.ts";
import type { Step, SwitchPort } from "../steps.ts";
import { hostEntries } from "./names.ts";
import { gatewaysLast, routeChange } from "./routes.ts";
import { conditionsOf, same } from "./same.ts";
import { needsStart, restarts, routingLoad, waitsForOthers } from "./starting.ts";

/**
 * What happens to the nodes of a lab, each in one of these ways. A node whose kind or engine changes, or
 * a switch whose driver does, is both `removed` and `created`.
 */
type Fates = {
  readonly removed: readonly LabNode[];
  readonly created: readonly LabNode[];
  /** Stays, with other settings, interfaces or routes. */
  readonly changed: readonly { readonly before: LabNode; readonly after: LabNode }[];
  /** Nothing that runs on them outlives the plan. */
  readonly stopped: ReadonlySet<NodeName>;
};

/**
 * The steps that turn `actual` into `desired`: `up` from nothing, `down` to nothing, `apply` between
 * two labs. Both are resolved labs that passed validation. What does not differ is in no step; two
 * equal labs give no steps.
 *
 * Steps come in this order, so that nothing is in the way of what follows, and a node's own steps are
 * together, so that its namespace is entered once: stop processes and nodes, close ways outside, disconnect links, stop
 * captures, set limits of the lab, take from nodes what they lose, remove nodes; then change nodes, create nodes with their
 * interfaces and routes, start captures, connect links, impair links that stay, set names, open ways outside, load
 * routing configurations, start nodes and processes.
 *
 * The name of a lab is not planned: two labs of different names are two labs.
 */
export function plan(desired: Lab | undefined, actual: Lab | undefined): readonly Step[] {
  const fates = decide(desired?.nodes ?? [], actual?.nodes ?? []);
  const links = linkChange(cables(desired), cables(actual), fates);
  const processes = processChange(desired?.processes ?? [], actual?.processes ?? [], fates);
  const restarted = fates.changed.filter(({ before }) => fates.stopped.has(before.name));

  const steps: Step[] = [];
  for (const process of processes.stop) steps.push({ do: "process.stop", process });
  const starting = [...restarted.map(({ after }) => after), ...fates.created].filter(isMachine).filter(needsStart);
  const again = new Set(starting.map((node) => node.name));
  const stopping = [...restarted.map(({ before }) => before), ...fates.removed].filter(isMachine).filter(needsStart);
  // Those that start again are a phase of their own, which says so.
  for (const node of [
    ...stopping.filter(({ name }) => again.has(name)),
    ...stopping.filter(({ name }) => !again.has(name)),
  ])
    steps.push({ do: "node.stop", node });
  const reach = reachChange(fates);
  steps.push(...reach.giveUp);
  for (const cable of links.disconnect) steps.push({ do: "link.disconnect", ...cable });
  const captures = captureChange(desired?.captures ?? [], actual?.captures ?? []);
  for (const capture of captures.stop) steps.push({ do: "capture.stop", capture });

  const limits = { from: actual?.resources ?? {}, to: desired?.resources ?? {} };
  if (!same(limits.from, limits.to)) steps.push({ do: "limits.set", ...limits });
  const changes = fates.changed.map(({ before, after }) => machineChange(before, after));
  for (const change of changes) steps.push(...change.takeAway);
  for (const node of fates.removed) steps.push(...removal(node));
  for (const [index, { before, after }] of fates.changed.entries()) {
    if (settingsDiffer(before, after)) steps.push({ do: "node.configure", from: before, to: after });
    steps.push(...(changes[index]?.give ?? []));
  }
  for (const node of fates.created) steps.push(...creation(node));

  for (const capture of captures.start) steps.push({ do: "capture.start", capture });
  for (const cable of links.connect) steps.push({ do: "link.connect", ...cable });
  steps.push(...links.impair);
  const names = { from: hostEntries(actual), to: hostEntries(desired) };
  if (!same(names.from, names.to)) steps.push({ do: "names.set", ...names });
  steps.push(...reach.take);
  if (desired !== undefined && actual !== undefined && desired.mode !== actual.mode) {
    steps.push({ do: "mode.set", from: actual.mode, to: desired.mode });
  }
  for (const { before, after } of fates.changed) steps.push(...routingLoad(before, after));
  const [serving, asking] = [starting.filter((node) => !waitsForOthers(node)), starting.filter(waitsForOthers)];
  for (const node of [...serving, ...asking]) steps.push({ do: "node.start", node });
  for (const process of processes.start) steps.push({ do: "process.start", process });
  return steps;
}

/** What goes to and from the outside: given up before anything else changes, taken when all is there. */
function reachChange(fates: Fates): { readonly giveUp: readonly Step[]; readonly take: readonly Step[] } {
  const giveUp: Step[] = [];
  const take: Step[] = [];
  const of = (node: LabNode) => (runsPrograms(node) ? node.reach : undefined);
  const set = (steps: Step[], node: NodeName, from: NodeReach | undefined, to: NodeReach | undefined) => {
    if (!same(from, to)) steps.push({ do: "reach.set", node, from, to });
  };
  for (const node of fates.removed) set(giveUp, node.name, of(node), undefined);
  for (const { before, after } of fates.changed) {
    const common = commonReach(of(before), of(after));
    set(giveUp, before.name, of(before), common);
    set(take, after.name, common, of(after));
  }
  for (const node of fates.created) set(take, node.name, undefined, of(node));
  return { giveUp, take };
}

function decide(desired: readonly LabNode[], actual: readonly LabNode[]): Fates {
  const wanted = new Map(desired.map((node) => [node.name, node]));
  const present = new Map(actual.map((node) => [node.name, node]));
  const stays = (before: LabNode | undefined, after: LabNode | undefined) =>
    before !== undefined &&
    after !== undefined &&
    before.kind === after.kind &&
    engineOf(before) === engineOf(after) &&
    joinOf(before) === joinOf(after);

  const stopped = new Set<NodeName>();
  const changed: { readonly before: LabNode; readonly after: LabNode }[] = [];
  for (const before of actual) {
    const after = wanted.get(before.name);
    if (after === undefined || !stays(before, after)) {
      stopped.add(before.name);
    } else if (!same(before, after)) {
      changed.push({ before, after });
      if (isMachine(before) && isMachine(after) && restarts(before, after)) stopped.add(before.name);
    }
  }
  return {
    removed: actual.filter((node) => !stays(node, wanted.get(node.name))).reverse(),
    created: desired.filter((node) => !stays(present.get(node.name), node)),
    changed,
    stopped,
  };
}

/** What runs a node cannot change under it. */
const engineOf = (node: LabNode) => (isMachine(node) ? node.engine : node.ovs === undefined ? "bridge" : "ovs");

/** Whose network it is in is settled when it is made. */
const joinOf = (node: LabNode) => (runsPrograms(node) ? node.join : undefined);

/** Whether something differs that node.configure sets. A switch's ports come and go with its links. */
function settingsDiffer(before: LabNode, after: LabNode): boolean {
  const settings = (node: LabNode) =>
    runsPrograms(node)
      ? { ...node, interfaces: undefined, routes: undefined, reach: undefined }
      : { ...node, interfaces: undefined };
  return !same(settings(before), settings(after));
}

function creation(node: LabNode): readonly Step[] {
  const steps: Step[] = [{ do: "node.create", node }];
  if (!isMachine(node)) return steps;
  for (const one of node.interfaces) steps.push({ do: "interface.create", node: node.name, interface: one });
  // What an appliance routes is its own affair.
  if (runsPrograms(node) && node.routes.length > 0)
    steps.push({ do: "routes.add", node: node.name, routes: gatewaysLast(node.routes) });
  return steps;
}

function removal(node: LabNode): readonly Step[] {
  const steps: Step[] = [];
  if (isMachine(node)) {
    const routes = runsPrograms(node) ? gatewaysLast(node.routes).reverse() : [];
    if (routes.length > 0) steps.push({ do: "routes.remove", node: node.name, routes });
    for (const one of node.interfaces.toReversed()) {
      steps.push({ do: "interface.remove", node: node.name, interface: one });
    }
  }
  steps.push({ do: "node.remove", node });
  return steps;
}

/** What a node that stays loses first and is given later. */
function machineChange(
  before: LabNode,
  after: LabNode,
): { readonly takeAway: readonly Step[]; readonly give: readonly Step[] } {
  const takeAway: Step[] = [];
  const give: Step[] = [];
  if (!isMachine(before) || !isMachine(after)) return { takeAway, give };
  const node = before.name;
  const routes = runsPrograms(before) && runsPrograms(after) ? routeChange(before, after) : { remove: [], add: [] };
  const interfaces = interfaceChange(before, after);

  if (routes.remove.length > 0) takeAway.push({ do: "routes.remove", node, routes: routes.remove });
  for (const one of interfaces.remove) takeAway.push({ do: "interface.remove", node, interface: one });
  for (const { from, to } of interfaces.configure) give.push({ do: "interface.configure", node, from, to });
  for (const one of interfaces.create) give.push({ do: "interface.create", node, interface: one });
  if (routes.add.length > 0) give.push({ do: "routes.add", node, routes: routes.add });
  return { takeAway, give };
}

function interfaceChange(before: Machine, after: Machine) {
  const present = new Map(before.interfaces.map((one) => [one.name, one]));
  const wanted = new Set(after.interfaces.map((one) => one.name));
  const configure: { readonly from: Interface; readonly to: Interface }[] = [];
  for (const to of after.interfaces) {
    const from = present.get(to.name);
    if (from !== undefined && !same(from, to)) configure.push({ from, to });
  }
  return {
    remove: before.interfaces.filter((one) => !wanted.has(one.name)).reverse(),
    configure,
    create: after.interfaces.filter((one) => !present.has(one.name)),
  };
}

/** A link with its ports at switches, the payload of its steps. */
type Cable = { readonly link: Link; readonly ports: readonly SwitchPort[] };

function cables(lab: Lab | undefined): readonly Cable[] {
  const ports = new Map<string, SwitchPort>();
  for (const node of lab?.nodes ?? []) {
    if (isMachine(node)) continue;
    for (const one of node.interfaces) {
      ports.set(endpointText({ node: node.name, interface: one.name }), { node: node.name, interface: one });
    }
  }
  return (lab?.links ?? []).map((link) => ({
    link,
    ports: [link.a, link.b].flatMap((end) => ports.get(endpointText(end)) ?? []),
  }));
}

/** A link whose MTU or port changes is made anew: the frames in flight on it were sized for the old one. */
function linkChange(desired: readonly Cable[], actual: readonly Cable[], fates: Fates) {
  const removed = new Set(fates.removed.map((node) => node.name));
  const present = new Map(actual.map((cable) => [cable.link.id, cable]));
  const stays = new Set<LinkId>();
  const impair: Step[] = [];
  const bare = ({ link, ports }: Cable) => ({ link: { ...link, impairments: undefined, medium: undefined }, ports });
  for (const cable of desired) {
    const { id, a, b } = cable.link;
    const before = present.get(id);
    if (before === undefined || removed.has(a.node) || removed.has(b.node)) continue;
    if (!same(bare(before), bare(cable))) continue;
    stays.add(id);
    const [from, to] = [conditionsOf(before.link), conditionsOf(cable.link)];
    if (!same(from, to)) impair.push({ do: "link.impair", link: id, from, to });
  }
  return {
    impair,
    disconnect: actual.filter(({ link }) => !stays.has(link.id)).reverse(),
    connect: desired.filter(({ link }) => !stays.has(link.id)),
  };
}

function processChange(desired: readonly Process[], actual: readonly Process[], fates: Fates) {
  const present = new Map(actual.map((process) => [process.name, process]));
  const stays = new Set<string>();
  for (const process of desired) {
    const before = present.get(process.name);
    if (before !== undefined && same(before, process) && !fates.stopped.has(process.node)) stays.add(process.name);
  }
  return {
    stop: startOrder(actual)
      .filter((process) => !stays.has(process.name))
      .reverse(),
    start: startOrder(desired).filter((process) => !stays.has(process.name)),
  };
}

function captureChange(desired: readonly Capture[], actual: readonly Capture[]) {
  const isIn = (captures: readonly Capture[], capture: Capture) => captures.some((one) => same(one, capture));
  return {
    stop: actual.filter((capture) => !isIn(desired, capture)).reverse(),
    start: desired.filter((capture) => !isIn(actual, capture)),
  };
}
