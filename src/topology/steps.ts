import type { Capture } from "./capture/capture.ts";
import type {
  Interface,
  LabMode,
  LabNode,
  Link,
  LinkConditions,
  LinkId,
  Machine,
  NodeName,
  Process,
  Route,
  RouterNode,
} from "./model.ts";
import type { NodeReach } from "./reach/reach.ts";
import type { LabResources } from "./resources.ts";

/**
 * A step of a plan: data, with all that is needed to do it and to undo it. `plan` makes steps, the
 * supervisor applies them, `simulate` applies them to a model.
 */
export type Step =
  /**
   * A namespace with its kernel settings, or for a switch a bridge. No interfaces yet, so a setting
   * that names an interface (`interfaceOfSysctl`) other than `lo` waits for interface.create.
   */
  | { readonly do: "node.create"; readonly node: LabNode }
  | { readonly do: "node.remove"; readonly node: LabNode }
  /**
   * Settings of a switch that change without touching its ports. For a machine: its kernel settings,
   * live (one that `to` lacks goes back to what a new namespace has), and what its next start will
   * use. Where programs must see the change, a node.stop and node.start stand around it; a file system
   * view that was made on demand is then given up, to be made anew on the next demand.
   */
  | { readonly do: "node.configure"; readonly from: LabNode; readonly to: LabNode }
  /**
   * The veth pair: the interface in the node, up and addressed, and its jack in the panel, down; and
   * the node's kernel settings that name it. Machines only: a switch's ports are made by link.connect.
   * An interface named `lo` is there already: it is given the addresses, and has no jack.
   */
  | { readonly do: "interface.create"; readonly node: string; readonly interface: Interface }
  | { readonly do: "interface.remove"; readonly node: string; readonly interface: Interface }
  /** Live. The MTU first, then the addresses as `addressChange` says; those it keeps are not touched, so that routes stay. */
  | { readonly do: "interface.configure"; readonly node: string; readonly from: Interface; readonly to: Interface }
  /** A link with its ports at switches, which come and go with it. */
  | { readonly do: "link.connect"; readonly link: Link; readonly ports: readonly SwitchPort[] }
  | { readonly do: "link.disconnect"; readonly link: Link; readonly ports: readonly SwitchPort[] }
  /** Live, and of a link that stays connected: no interface, address or route in a node changes. */
  | { readonly do: "link.impair"; readonly link: LinkId; readonly from: LinkConditions; readonly to: LinkConditions }
  /** In the order given: a gateway may be reached through a route before it. */
  | { readonly do: "routes.add"; readonly node: string; readonly routes: readonly Route[] }
  | { readonly do: "routes.remove"; readonly node: string; readonly routes: readonly Route[] }
  /** The names every node resolves: /etc/hosts. One for the lab. */
  | { readonly do: "names.set"; readonly from: readonly HostEntry[]; readonly to: readonly HostEntry[] }
  /**
   * What of the outside the node reaches, and what reaches it. Of a change, what goes goes first, so that
   * a port can move from one node to another.
   */
  | {
      readonly do: "reach.set";
      readonly node: NodeName;
      readonly from: NodeReach | undefined;
      readonly to: NodeReach | undefined;
    }
  /** What all nodes together may use. */
  | { readonly do: "limits.set"; readonly from: LabResources; readonly to: LabResources }
  /** What happens when processes end. Only for a lab that runs: a new one is born with its mode. */
  | { readonly do: "mode.set"; readonly from: LabMode; readonly to: LabMode }
  /** The node's root file system, files, services of its kind and startup commands. Emitted where there is something to start. */
  | { readonly do: "node.start"; readonly node: Machine }
  | { readonly do: "node.stop"; readonly node: Machine }
  /**
   * The routing daemons of a router that runs on take another configuration over while they run: what `frrChange`
   * says. After links and addresses are there, so that it ends as a start would.
   */
  | { readonly do: "routing.load"; readonly from: RouterNode; readonly to: RouterNode }
  | { readonly do: "process.start"; readonly process: Process }
  | { readonly do: "process.stop"; readonly process: Process }
  /** What the jacks of its interfaces pass goes to its file, from when they are there on. */
  | { readonly do: "capture.start"; readonly capture: Capture }
  | { readonly do: "capture.stop"; readonly capture: Capture };

/** The end of a link that is at a switch: none, one or both. */
export type SwitchPort = { readonly node: NodeName; readonly interface: Interface };

/** One line of /etc/hosts (hosts(5)): an address without prefix length and its names. */
export type HostEntry = { readonly address: string; readonly names: readonly string[] };
