/**
 * The resolved lab: what must exist, with nothing left to decide. The resolver makes it from a lab
 * file; the planner compares it with what runs; the supervisor applies it. Plain frozen data that
 * survives JSON.
 */

import type { Capture } from "./capture/capture.ts";
import type { Drawing } from "./drawing/drawing.ts";
import type { FaultSchedule } from "./faults/schedule.ts";
import type { NodeImage } from "./image/image.ts";
import type { Impairments } from "./impairment/impairment.ts";
import type { Role } from "./kinds/software.ts";
import type { LabName, NodeReach } from "./reach/reach.ts";
import type { HostRequirements } from "./requires/requirements.ts";
import type { GroupResources, LabResources, NodeResources } from "./resources.ts";
import type { OvsSettings, PortVlans } from "./switch/model.ts";

/** A name of a node, unique in the lab. Letters, digits and hyphens, as in a host name (RFC 1123). */
export type NodeName = string;
/** A name of an interface as the node sees it; at most 15 bytes (IFNAMSIZ − 1, linux/if.h). */
export type InterfaceName = string;
/** `a:eth0 — b:eth1`, in the order of the lab file. */
export type LinkId = string;
export type ProcessName = string;

export type LabMode = "keep" | "stop-on-failure" | "wait-all-successful";

export type Lab = {
  readonly name: string;
  /** What happens to the lab when its processes end. */
  readonly mode: LabMode;
  readonly nodes: readonly LabNode[];
  readonly links: readonly Link[];
  readonly processes: readonly Process[];
  /** No limits but the machine's when absent. */
  readonly resources?: LabResources;
  /** What the machine must have, checked before anything starts; no part of a plan. */
  readonly requires?: HostRequirements;
  /** What is done to the lab from when it runs. No part of a plan: it changes nothing until then. */
  readonly faults?: FaultSchedule;
  /** None when absent. */
  readonly captures?: readonly Capture[];
  /** How it is drawn. No part of a plan. */
  readonly drawing?: Drawing;
  /** Names besides those of nodes. None when absent. */
  readonly names?: readonly LabName[];
  /** What nodes that reach the outside have their addresses from. Absent where none does. */
  readonly internetPrefixes?: readonly string[];
};

type NodeBase = {
  readonly name: NodeName;
  readonly interfaces: readonly Interface[];
};

/** What every machine has, whatever its kind and engine. */
type MachineBase = NodeBase & {
  readonly hostname: string;
  readonly routes: readonly Route[];
};

/** What every node that Netwright runs programs in has. */
type ProgramBase = MachineBase & {
  /** What runs it: Netwright itself, or Docker or Podman. */
  readonly engine: "namespace" | "container";
  /** What its file system is made of; the programs of the host when absent. */
  readonly image?: NodeImage;
  /** `isolated`: a root file system of its own (DESIGN 7). `host`: the file system of the host, as the user sees it. */
  readonly root: "isolated" | "host";
  /** Kernel settings by dotted name, e.g. `net.ipv4.ip_forward`. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Run once, in order, after the interfaces are up; the first that fails fails `up`. */
  readonly startup: readonly Command[];
  readonly files: readonly NodeFile[];
  readonly mounts: readonly Mount[];
  /** No limits but the machine's when absent. */
  readonly resources?: NodeResources;
  /** A login shell, when someone attaches, when absent. */
  readonly console?: NodeConsole;
  /** Of a container, beyond what every one has: names of capabilities(7), without CAP_. */
  readonly capabilities?: readonly string[];
  /** Of a container: the machine whose network namespace it is in; it has none of its own, and no interfaces. */
  readonly join?: NodeName;
  /** What it is beyond a host or a router: a firewall, a DHCP server. */
  readonly role?: Role;
  /** More names of it. None when absent. */
  readonly aliases?: readonly string[];
  /** Addresses of the name servers it asks. None when absent. */
  readonly nameservers?: readonly string[];
  readonly reach?: NodeReach;
};

export type HostNode = ProgramBase & { readonly kind: "host" };
export type RouterNode = ProgramBase & { readonly kind: "router"; readonly frr?: Frr };
/** A virtual machine that brings its own system. Its addresses and routes are what cloud-init is told, where there is a seed. */
export type ApplianceNode = MachineBase & {
  readonly kind: "appliance";
  readonly engine: "vm";
  readonly vm: VmSettings;
  /** Of QEMU, as this machine sees it. No limits but the machine's when absent. */
  readonly resources?: GroupResources;
};
export type SwitchNode = NodeBase & {
  readonly kind: "switch";
  readonly stp: boolean;
  /** How long the bridge remembers a MAC address, in seconds. */
  readonly ageingSeconds: number;
  /** Link-local protocols (IEEE 802.1Q, table 8-1) that are forwarded like any frame. */
  readonly forward: readonly LinkLocalProtocol[];
  /** By port or bond, where the file says so (`plainPort` elsewhere). Absent: the switch knows no VLANs. */
  readonly vlans?: Readonly<Record<string, PortVlans>>;
  /** Open vSwitch carries it; a Linux bridge when absent. */
  readonly ovs?: OvsSettings;
};

/** A node that is a computer: with interfaces that have addresses, and power to take away. */
export type Machine = ProgramNode | ApplianceNode;
/** A machine made of namespaces, in which Netwright runs programs. */
export type ProgramNode = HostNode | RouterNode;
export type LabNode = Machine | SwitchNode;
export type LinkLocalProtocol = "lldp" | "lacp" | "802.1x" | "stp";

/** How QEMU makes a virtual machine. Paths are absolute, on this machine. */
export type VmSettings = {
  readonly cpus: number;
  readonly memoryMiB: number;
  /** QEMU's name. */
  readonly machine: string;
  readonly firmware: "bios" | "uefi";
  readonly acceleration: "auto" | "kvm" | "tcg";
  /** QEMU's name; the best there is when absent. */
  readonly cpuModel?: string;
  /** QEMU's name of the network cards' model. */
  readonly nic: string;
  readonly kernel?: { readonly image: string; readonly initrd?: string; readonly append: string };
  readonly disks: readonly VmDisk[];
  readonly seed?: VmSeed;
  /** It has a port for QEMU's guest agent. */
  readonly guestAgent: boolean;
  /** With its processors stopped. */
  readonly startPaused: boolean;
  /** QEMU writes the frames of each network card into a file. */
  readonly dump: boolean;
  readonly arguments: readonly string[];
};

export type VmDisk = {
  /** Empty when absent. */
  readonly image?: string;
  /** Found out when absent. */
  readonly format?: "qcow2" | "raw";
  /** The image's when absent. */
  readonly sizeBytes?: number;
  readonly bus: "virtio" | "ide" | "scsi" | "nvme";
};

/** What cloud-init in the guest is told besides host name, addresses and routes. */
export type VmSeed = {
  readonly userData: string;
  /** Instead of what follows from interfaces and routes. */
  readonly networkConfig?: string;
};

export type Frr = {
  /** The integrated configuration, the text of frr.conf. */
  readonly config: string;
};

export type Interface = {
  readonly name: InterfaceName;
  /** `02:…`, lower case. Given in the file, or derived from node and interface name. */
  readonly mac: string;
  /** CIDR, e.g. `10.0.0.1/24` or `2001:db8::1/64`, in canonical text form (RFC 5952). */
  readonly addresses: readonly string[];
  readonly mtu: number;
  /** It asks for an IPv4 address by DHCP; `wait`: its node has started when it has one. */
  readonly dhcp?: "wait" | "later";
};

export type Route = {
  /** A prefix in CIDR; the default routes are `0.0.0.0/0` and `::/0`. */
  readonly to: string;
  readonly via?: string;
  readonly interface?: InterfaceName;
  readonly metric?: number;
};

/** An argument array, run as it is, or a line for `sh -c`. The file says which. */
export type Command = { readonly argv: readonly string[] } | { readonly shell: string };

export type NodeFile = {
  /** Absolute, in the node. */
  readonly path: string;
  /** The bytes, base64. */
  readonly contentBase64: string;
  /** Permission bits, e.g. 0o644. */
  readonly mode: number;
};

export type Mount = {
  /** Absolute, on the host. */
  readonly source: string;
  /** Absolute, in the node. */
  readonly target: string;
  readonly readOnly: boolean;
};

/** The console of a node that programs are run in: a terminal. */
export type NodeConsole = {
  /** Started anew when it ends. A login shell when absent. */
  readonly command?: Command;
  /** With the node, and not when someone first attaches. */
  readonly startsWithNode: boolean;
};

export type Endpoint = { readonly node: NodeName; readonly interface: InterfaceName };

export type Link = {
  readonly id: LinkId;
  readonly a: Endpoint;
  readonly b: Endpoint;
  /** In bytes, layer 3, both directions. */
  readonly mtu: number;
} & LinkConditions;

/** What of a link changes while it stays connected. */
export type LinkConditions = {
  /** Not impaired when absent. */
  readonly impairments?: Impairments;
  /** Chosen by what the impairments need when absent. */
  readonly medium?: LinkMedium;
};

/** What carries the frames of a link: `kernel` (tc in the panel) or `wire` (the dataplane process). */
export type LinkMedium = "kernel" | "wire";

export type Process = {
  readonly name: ProcessName;
  readonly node: NodeName;
  readonly command: Command;
  readonly environment: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** A user name or `uid[:gid]` of the node. Root of the node when absent. */
  readonly user?: string;
  readonly ready?: Readiness;
  readonly after: readonly Dependency[];
  readonly restart: "no" | "on-failure" | "always";
  readonly tags: readonly string[];
  readonly stopSignal: string;
  /** From the stop signal to SIGKILL, in milliseconds. */
  readonly graceMs: number;
  /** It is the program of its node's image, and not in the lab file. */
  readonly ofImage?: true;
};

/** `started`: it runs; `ready`: its readiness check passed; `success`: it ended with exit code 0. */
export type Dependency = {
  readonly process: ProcessName;
  readonly condition: "started" | "ready" | "success";
};

export type Readiness = {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly check: ReadinessCheck;
};

export type ReadinessCheck =
  | { readonly type: "tcp"; readonly port: number }
  | { readonly type: "udp"; readonly port: number }
  | { readonly type: "command"; readonly command: Command }
  /** A regular expression (ECMAScript) that a line of its output matches. */
  | { readonly type: "log"; readonly pattern: string }
  | { readonly type: "file"; readonly path: string };

export const isMachine = (node: LabNode): node is Machine => node.kind !== "switch";
export const isAppliance = (node: LabNode): node is ApplianceNode => node.kind === "appliance";
export const runsPrograms = (node: LabNode): node is ProgramNode => isMachine(node) && !isAppliance(node);
/** What a node is, as its lab file says it. */
export const kindOfNode = (node: LabNode): string => (runsPrograms(node) ? (node.role?.kind ?? node.kind) : node.kind);
export const isSwitch = (node: LabNode): node is SwitchNode => node.kind === "switch";

export const endpointText = (endpoint: Endpoint): string => `${endpoint.node}:${endpoint.interface}`;
export const linkId = (a: Endpoint, b: Endpoint): LinkId => `${endpointText(a)} — ${endpointText(b)}`;
