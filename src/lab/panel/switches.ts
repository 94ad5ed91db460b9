import type { BridgePortVlans, Namespace, RtnetlinkHandle } from "../../kernel/index.ts";
import { type LinkLocalProtocol, labError, plainPort, type SwitchNode } from "../../topology/index.ts";
import type { BridgePort } from "./connection.ts";
import type { OvsPremises } from "./ovs/daemons.ts";
import type { OvsNode, OvsSwitches } from "./ovs/ovs-switches.ts";

/** The last byte of 01:80:c2:00:00:0x (IEEE 802.1Q, table 8-1) as a bit of the kernel's forward mask. */
const forwardBit = { stp: 0, lacp: 2, "802.1x": 3, lldp: 14 } as const satisfies Record<LinkLocalProtocol, number>;

/** The shortest timers that IEEE 802.1D allows together (table 17-1): a port forwards after twice the forward delay. */
const stpTimers = { helloSeconds: 1, maxAgeSeconds: 6, forwardDelaySeconds: 4 } as const;

/** Which link-local frames a port of this switch forwards. Set port by port: the bridge-wide mask refuses LACP and STP. */
export const forwardMask = (node: SwitchNode): number =>
  node.forward.reduce((mask, protocol) => mask | (1 << forwardBit[protocol]), 0);

export type SwitchesOptions = {
  readonly handle: RtnetlinkHandle;
  /** For Open vSwitch, where there may be switches of it. */
  readonly ovs?: OvsPremises | undefined;
  /** The network of a node that is there and has power. */
  readonly netnsOf: (node: string) => Namespace | undefined;
};

type Bridge = { readonly ifindex: number; node: SwitchNode };

const isOvs = (node: SwitchNode): node is OvsNode => node.ovs !== undefined;

/** Switches: Linux bridges in the panel, or bridges of Open vSwitch there. */
export class Switches {
  readonly #options: SwitchesOptions;
  readonly #handle: RtnetlinkHandle;
  readonly #bridges = new Map<string, Bridge>();
  /** Those not up yet. */
  readonly #fresh = new Set<string>();
  #loading: Promise<OvsSwitches> | undefined;
  #ovs: OvsSwitches | undefined;

  constructor(options: SwitchesOptions) {
    this.#options = options;
    this.#handle = options.handle;
  }

  /**
   * Makes a bridge, which stays down until `raise`: for each port that comes to a bridge that is up, the
   * kernel goes through all that are there (br_port_state_selection, net/bridge/br_stp.c).
   *
   * @throws BRIDGE_WITHOUT_VLANS, OVS_MISSING, OVS_NOT_STARTED, OVS_REFUSED, FLOWS_REFUSED
   */
  create(node: SwitchNode, ifindex: number): void | Promise<void> {
    this.#bridges.set(node.name, { ifindex, node });
    if (isOvs(node)) return this.#openVSwitch().then((ovs) => ovs.create(node, `sw${ifindex}`, macOf(ifindex)));
    this.#handle.bridgeAdd({
      name: `sw${ifindex}`,
      ifindex,
      mac: macOf(ifindex),
      multicastSnooping: false,
      ...settings(node),
    });
    this.#fresh.add(node.name);
    this.#expectVlans(node, ifindex);
    if (node.vlans !== undefined) this.#handle.bridgeSet({ ifindex, ...filtering(node) });
    return undefined;
  }

  #expectVlans(node: SwitchNode, ifindex: number): void {
    if (node.vlans !== undefined && !this.#handle.bridgeKnowsVlans(ifindex))
      throw labError("BRIDGE_WITHOUT_VLANS", { switch: node.name });
  }

  /** Brings up the bridges made since the last time. */
  raise(): void {
    for (const name of this.#fresh) {
      const bridge = this.#bridges.get(name);
      if (bridge !== undefined) this.#handle.linkSet({ ifindex: bridge.ifindex, up: true });
    }
    this.#fresh.clear();
  }

  /** Resolves when ports and settings are in force. */
  settled(): Promise<void> | undefined {
    return this.#ovs?.settled();
  }

  /** @param ports its ports */
  configure(node: SwitchNode, ports: readonly BridgePort[]): void | Promise<void> {
    const bridge = this.#bridges.get(node.name);
    if (bridge === undefined) return undefined;
    const before = bridge.node;
    bridge.node = node;
    if (isOvs(node)) return this.#ovs?.configure(node);
    this.#expectVlans(node, bridge.ifindex);
    const changed = node.vlans !== undefined || before.vlans !== undefined;
    this.#handle.batch((batch) => {
      batch.bridgeSet({ ifindex: bridge.ifindex, ...settings(node), ...(changed ? filtering(node) : {}) });
      for (const { jack, end } of ports) {
        batch.bridgePortSet({ ifindex: jack.ifindex, groupForwardMask: forwardMask(node) });
        if (changed) batch.bridgeVlansSet(vlansOf(node, end.interface, jack.ifindex));
      }
    });
    return undefined;
  }

  remove(name: string): void | Promise<void> {
    const bridge = this.#bridges.get(name);
    if (bridge === undefined) return undefined;
    this.#bridges.delete(name);
    this.#fresh.delete(name);
    if (isOvs(bridge.node)) return this.#ovs?.remove(name);
    this.#handle.linkDelete(bridge.ifindex);
    return undefined;
  }

  /** Ports of which this process only knows that they are there: a Linux bridge has them by netlink. */
  plug(ports: readonly BridgePort[]): Promise<unknown> | undefined {
    const own = ports.filter(({ bridge }) => isOvs(bridge.node));
    const ovs = this.#ovs;
    if (own.length === 0 || ovs === undefined) return undefined;
    return Promise.all(own.map(({ end, jack }) => ovs.plug(end, jack.name)));
  }

  unplug(ports: readonly BridgePort[]): Promise<unknown> | undefined {
    const own = ports.filter(({ bridge }) => isOvs(bridge.node));
    const ovs = this.#ovs;
    if (own.length === 0 || ovs === undefined) return undefined;
    return Promise.all(own.map(({ end }) => ovs.unplug(end)));
  }

  has(name: string): boolean {
    return this.#bridges.has(name);
  }

  get(name: string): { readonly ifindex: number; readonly node: SwitchNode } | undefined {
    return this.#bridges.get(name);
  }

  /** Whether a switch is one of Open vSwitch, and so none of the kernel's bridges. */
  isOvs(name: string): boolean {
    const bridge = this.#bridges.get(name);
    return bridge !== undefined && isOvs(bridge.node);
  }

  /** Open vSwitch ended: its switches forward nothing. */
  hasFailed(name: string): boolean {
    return this.isOvs(name) && this.#ovs?.hasEnded === true;
  }

  get failed(): readonly string[] {
    return [...this.#bridges.keys()].filter((name) => this.hasFailed(name));
  }

  /** What Open vSwitch says of one of its switches. */
  inspectOvs(name: string): Promise<Record<string, unknown>> {
    return this.#openVSwitch().then((ovs) => ovs.inspect(name));
  }

  /** Ends the programs of switches. */
  stop(): void {
    this.#ovs?.stop();
  }

  /** Loaded when the first of its switches comes. */
  #openVSwitch(): Promise<OvsSwitches> {
    const { ovs: premises, netnsOf } = this.#options;
    if (premises === undefined) throw new RangeError("no place for Open vSwitch");
    this.#loading ??= import("./ovs/ovs-switches.ts").then(({ OvsSwitches: Loaded }) => {
      this.#ovs = new Loaded(premises, netnsOf);
      return this.#ovs;
    });
    return this.#loading;
  }
}

/** Of a kernel that knows no VLANs nothing is asked where none are named. */
const filtering = (node: SwitchNode) => ({ vlanFiltering: node.vlans !== undefined });

/** The VLANs of a port of a Linux bridge. One whose switch no longer knows any has what a new one has. */
export function vlansOf(node: SwitchNode, port: string, ifindex: number): BridgePortVlans {
  if (node.vlans === undefined) return { ifindex, ranges: [[1, 1]], pvid: 1, untagged: 1 };
  const vlans = node.vlans[port] ?? plainPort;
  if ("access" in vlans) {
    const { access } = vlans;
    return { ifindex, ranges: [[access, access]], pvid: access, untagged: access };
  }
  const { trunk, native } = vlans;
  const ranges = trunk === "all" ? [[1, 4094] as const] : trunk.map((vlan) => [vlan, vlan] as const);
  return { ifindex, ranges, ...(native === undefined ? {} : { pvid: native.vlan, untagged: native.vlan }) };
}

const settings = (node: SwitchNode) => ({
  stp: node.stp,
  ageingSeconds: node.ageingSeconds,
  ...(node.stp ? stpTimers : { forwardDelaySeconds: 0 }),
});

/** An address of its own, so that the bridge does not change its as ports come and go. */
const macOf = (ifindex: number): string =>
  `02:00:00:${ifindex
    .toString(16)
    .padStart(6, "0")
    .replace(/(..)(..)(..)/, "$1:$2:$3")}`;
