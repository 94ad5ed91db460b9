import type { Capture } from "../capture/capture.ts";
import type {
  Endpoint,
  Frr,
  Interface,
  InterfaceName,
  Lab,
  LabMode,
  LabNode,
  Link,
  LinkId,
  Machine,
  NodeName,
  Process,
  ProcessName,
  Route,
  SwitchNode,
} from "../model.ts";
import { endpointText, isAppliance, isMachine } from "../model.ts";
import type { NodeReach } from "../reach/reach.ts";
import type { LabResources } from "../resources.ts";
import type { HostEntry, SwitchPort } from "../steps.ts";

/** What a kernel with a lab in it holds, as far as steps change it. Frozen data; `simulate` makes a new one. */
export type KernelState = {
  readonly name: string;
  readonly mode: LabMode;
  /** Of all nodes together. */
  readonly resources: LabResources;
  readonly nodes: ReadonlyMap<NodeName, NodeState>;
  /** With their ports at switches, which are there as long as the link is. */
  readonly links: ReadonlyMap<LinkId, { readonly link: Link; readonly ports: readonly SwitchPort[] }>;
  /** Which link uses a jack, by `node:interface`. */
  readonly jacks: ReadonlyMap<string, LinkId>;
  readonly names: readonly HostEntry[];
  readonly processes: ReadonlyMap<ProcessName, Process>;
  /** By file. */
  readonly captures: ReadonlyMap<string, Capture>;
};

export type NodeState = {
  /** The settings it was created or last configured with; its interfaces and routes are those below. */
  readonly settings: LabNode;
  readonly interfaces: ReadonlyMap<InterfaceName, Interface>;
  readonly routes: readonly InstalledRoute[];
  /** Kernel settings that are in force; one of an interface only while that interface is there. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly started: boolean;
  /** What its routing daemons have loaded, while it is started. */
  readonly routing?: Frr | undefined;
  readonly reach: NodeReach | undefined;
};

/** A route with the interface the kernel chose when it was added. */
export type InstalledRoute = { readonly route: Route; readonly device: InterfaceName };

/** The sandbox of a lab before the first step. */
export function emptyState(lab: Pick<Lab, "name" | "mode">): KernelState {
  return {
    name: lab.name,
    mode: lab.mode,
    resources: {},
    nodes: new Map(),
    links: new Map(),
    jacks: new Map(),
    names: [],
    processes: new Map(),
    captures: new Map(),
  };
}

/**
 * The lab that a state amounts to. Nodes, interfaces, routes, links and processes are in the order in
 * which they came into being. A switch has the ports that are linked.
 */
export function labOf(state: KernelState): Lab {
  const ports = [...state.links.values()].flatMap((cable) => cable.ports);
  return {
    name: state.name,
    mode: state.mode,
    nodes: [...state.nodes.values()].map((node) =>
      isMachine(node.settings) ? machineOf(node.settings, node) : withPorts(node.settings, ports),
    ),
    links: [...state.links.values()].map(({ link }) => link),
    processes: [...state.processes.values()],
    ...(Object.keys(state.resources).length === 0 ? {} : { resources: state.resources }),
    ...(state.captures.size === 0 ? {} : { captures: [...state.captures.values()] }),
  };
}

const withPorts = (node: SwitchNode, ports: readonly SwitchPort[]): SwitchNode => ({
  ...node,
  interfaces: ports.filter((port) => port.node === node.name).map((port) => port.interface),
});

/** A machine as it is now. */
export function machineOf(settings: Machine, { interfaces, routes, sysctls, reach }: NodeState): Machine {
  if (isAppliance(settings)) return { ...settings, interfaces: [...interfaces.values()] };
  const { reach: _, ...others } = settings;
  return {
    ...others,
    interfaces: [...interfaces.values()],
    routes: routes.map(({ route }) => route),
    sysctls,
    ...(reach === undefined ? {} : { reach }),
  };
}

/** The link at a jack, if any. */
export const linkAt = (state: KernelState, endpoint: Endpoint): LinkId | undefined =>
  state.jacks.get(endpointText(endpoint));
