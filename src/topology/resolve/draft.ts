import type { Address, Cidr, Family } from "../address.ts";
import type { NodeImage } from "../image/image.ts";
import type { LinkImpairmentSettings } from "../impairment/directions.ts";
import type { Impairments } from "../impairment/impairment.ts";
import type { AnyKind } from "../kinds/kind.ts";
import type { Json } from "../kinds/software.ts";
import type {
  Command,
  Frr,
  LinkLocalProtocol,
  LinkMedium,
  Mount,
  NodeConsole,
  NodeFile,
  VmSettings,
} from "../model.ts";
import type { GroupResources, NodeResources } from "../resources.ts";
import type { Path } from "../source/source.ts";
import type { Bond, Controller, Mirror, OvsSettings, PortVlans } from "../switch/model.ts";
import type { ReachSettings } from "./reach-settings.ts";

/** A lab while it is resolved: names are known, addresses and MTUs not all yet. Only the resolver sees these. */
export type LabDraft = {
  readonly nodes: Map<string, NodeDraft>;
  readonly links: LinkDraft[];
  readonly subnets: SubnetDraft[];
};

export type NodeDraft = MachineDraft | SwitchDraft;
export type MachineDraft = ProgramDraft | ApplianceDraft;

type NodeBase = {
  readonly name: string;
  readonly path: Path;
  readonly interfaces: Map<string, InterfaceDraft>;
  /** Where the search for a free interface name goes on. */
  nextPort: number;
};

/** A machine that programs are run in. */
export type ProgramDraft = NodeBase & {
  readonly kind: "host" | "router";
  readonly role?: RoleDraft;
  settings: MachineSettings;
};
/** The kind that makes a host or router into something, and what the lab file tells it. */
export type RoleDraft = { readonly kind: AnyKind; readonly options: Readonly<Record<string, Json>> };
export type ApplianceDraft = NodeBase & { readonly kind: "appliance"; readonly settings: ApplianceSettings };
export type SwitchDraft = NodeBase & { readonly kind: "switch"; readonly settings: SwitchSettings };

/** What a machine that programs are run in has besides interfaces. Generated nodes of one role may share it. */
export type MachineSettings = {
  readonly engine: "namespace" | "container";
  readonly image: NodeImage | undefined;
  readonly root: "isolated" | "host";
  readonly hostname: string | undefined;
  readonly routes: readonly RouteDraft[];
  readonly sysctls: ReadonlyMap<string, { readonly value: string; readonly path: Path }>;
  readonly environment: Readonly<Record<string, string>>;
  readonly startup: readonly Command[];
  readonly files: readonly NodeFile[];
  readonly mounts: readonly Mount[];
  readonly resources: NodeResources | undefined;
  readonly console: NodeConsole | undefined;
  readonly capabilities: readonly string[];
  readonly join: { readonly node: string; readonly path: Path } | undefined;
  readonly routing: "ospf" | undefined;
  readonly frr: Frr | undefined;
  readonly reach: ReachSettings;
};

export type ApplianceSettings = {
  readonly hostname: string | undefined;
  readonly routes: readonly RouteDraft[];
  readonly vm: VmSettings;
  readonly resources: GroupResources | undefined;
};

export type SwitchSettings = {
  readonly stp: boolean;
  readonly ageingSeconds: number;
  readonly forward: readonly LinkLocalProtocol[];
  /** By port or bond, as given. */
  readonly vlans: Map<string, PortVlans>;
  /** Of a Linux bridge, undefined. */
  readonly ovs: OvsDraft | undefined;
};

/** Controllers are known when addresses are. */
export type OvsDraft = Omit<OvsSettings, "controllers" | "mirrors" | "bonds"> & {
  readonly controllerTexts: readonly { readonly text: string; readonly path: Path }[];
  controllers: readonly Controller[];
  readonly mirrors: readonly (Mirror & { readonly path: Path })[];
  readonly bonds: readonly (Bond & { readonly path: Path })[];
};

export type InterfaceDraft = {
  readonly node: NodeDraft;
  readonly name: string;
  readonly path: Path;
  /** As given; derived at the end otherwise. */
  mac: string | undefined;
  /** As given. */
  readonly mtu: number | undefined;
  readonly addresses: AddressDraft[];
  /** It asks for an IPv4 address; `wait`: its node's start waits for it. */
  readonly dhcp: "wait" | "later" | undefined;
  readonly gateways: GatewayDraft[];
  link: LinkDraft | undefined;
};

export type AddressDraft = { readonly cidr: Cidr; readonly path: Path };
export type GatewayDraft = { readonly address: Address; readonly path: Path };

export type RouteDraft = {
  readonly to: Cidr;
  readonly via: Address | undefined;
  readonly interface: string | undefined;
  readonly metric: number | undefined;
  readonly path: Path;
};

/** Both ends are known once the link is plugged in. */
export type LinkDraft = {
  readonly a: InterfaceDraft;
  readonly b: InterfaceDraft;
  /** As given; several links of a network share it. */
  readonly mtu: MtuGroup;
  readonly conditions: ConditionsGroup | undefined;
  impairments: Impairments;
  readonly path: Path;
};

/** What the file says of the frames on a link, or on each link of a network. */
export type ConditionsGroup = {
  readonly impairment: LinkImpairmentSettings | undefined;
  readonly medium: LinkMedium | undefined;
  /** Of the link or network. */
  readonly path: Path;
};

/** Links that have one MTU: a link alone, or those of a network. */
export type MtuGroup = { given: number | undefined; readonly path: Path; resolved: number };

/** Prefixes to give addresses from, and who is to have them. */
export type SubnetDraft = {
  readonly prefixes: readonly { readonly cidr: Cidr; readonly path: Path }[];
  readonly members: readonly InterfaceDraft[];
  readonly gateway: { readonly text: string; readonly path: Path } | undefined;
};

export const isMachineDraft = (node: NodeDraft): node is MachineDraft => node.kind !== "switch";
export const runsProgramsDraft = (node: NodeDraft): node is ProgramDraft =>
  node.kind === "host" || node.kind === "router";

export const endpointOf = (one: InterfaceDraft): string => `${one.node.name}:${one.name}`;

export const linkName = (link: LinkDraft): string => `${endpointOf(link.a)} — ${endpointOf(link.b)}`;

export const hasFamily = (one: InterfaceDraft, family: Family): boolean =>
  (family === 4 && one.dhcp !== undefined) || one.addresses.some(({ cidr }) => cidr.family === family);

/** The loopback interface: in every machine, never linked, never made. */
export const isLo = (one: InterfaceDraft): boolean => one.name === "lo" && one.node.kind !== "switch";
