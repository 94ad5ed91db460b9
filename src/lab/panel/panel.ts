import type { LinkStatus, NodeStatus } from "../../api/index.ts";
import { type Namespace, RtnetlinkHandle, Tap } from "../../kernel/index.ts";
import {
  type Endpoint,
  endpointText,
  type Interface,
  isSwitch,
  type LabNode,
  type Link,
  type LinkId,
  labError,
  type Route,
  type SwitchNode,
} from "../../topology/index.ts";
import { type Place, placeOf } from "../captures/place.ts";
import { LinkCounters } from "../link-counters.ts";
import type { WireProcess } from "../wire/wire-process.ts";
import { type Jack, portsOf } from "./connection.ts";
import { type MachineEnd, PanelLinks } from "./links.ts";
import { NodeNetworks } from "./node-network.ts";
import { portNotes } from "./ovs/bridge-rows.ts";
import type { OvsPremises } from "./ovs/daemons.ts";
import { Switches } from "./switches.ts";

/** Memory that all netlink sockets of this process receive into, one at a time. */
const receiveBytes = 65_536;
/** Numbers below are the kernel's own (lo) and room to tell ours from them. */
const firstIfindex = 10;

/**
 * An interface by its name, in the namespace given, or in the panel. Of a tap, the file: what is written
 * to it comes as if from the virtual machine.
 */
export type Sender = { readonly name: string; readonly netns?: Namespace; readonly tapFd?: number };

/** By both its ends, so that of thousands of nodes each finds its own at once. */
export const linksByEnd = (links: readonly Link[]): ReadonlyMap<string, LinkId> =>
  new Map(links.flatMap(({ id, a, b }) => [a, b].map((end) => [endpointText(end), id] as const)));

const sameEnd = (one: Endpoint, other: Endpoint): boolean =>
  one.node === other.node && one.interface === other.interface;

/**
 * The lab's own network namespace, the one this process is in: all jacks end here, and links are made
 * between them. An interface without a link has a jack that is down, so it has no carrier.
 */
export class PatchPanel {
  readonly #handle: RtnetlinkHandle;
  readonly #networks: NodeNetworks;
  readonly #switches: Switches;
  readonly links: PanelLinks;
  /** What passes on the links. */
  readonly counters: LinkCounters;
  /** By endpoint, of machines' interfaces. */
  readonly #jacks = new Map<string, Jack & { readonly mac: string; readonly tap?: Tap }>();
  #nextIfindex = firstIfindex;

  /**
   * @param seed of the lab
   * @param repeatable the user chose it
   * @param made see PanelLinksOptions
   * @param carrier see PanelLinksOptions
   * @param ovs where Open vSwitch may run
   */
  constructor(
    wire: WireProcess,
    { seed, repeatable }: { readonly seed: number; readonly repeatable: boolean },
    made: (link: Link) => void | Promise<void> = () => undefined,
    carrier: (end: Endpoint, up: boolean) => void = () => undefined,
    ovs?: OvsPremises,
  ) {
    const memory = Buffer.from(new ArrayBuffer(receiveBytes));
    this.#handle = RtnetlinkHandle.open(memory);
    this.#networks = new NodeNetworks(memory);
    this.#switches = new Switches({
      handle: this.#handle,
      ovs,
      netnsOf: (node) =>
        this.#networks.has(node) && this.links.carrier.hasPower(node) ? this.#networks.netnsOf(node) : undefined,
    });
    this.links = new PanelLinks({
      handle: this.#handle,
      switches: this.#switches,
      wire,
      seed,
      repeatable,
      newIfindex: () => this.#claimIfindex(),
      made,
      carrier,
      machineEnd: (endpoint) => this.machineEnd(endpoint),
    });
    this.counters = new LinkCounters({ read: () => this.#handle.linkCounters(), links: () => this.links.all });
  }

  /**
   * Makes a node's network namespace, with loopback up.
   *
   * @param setUp runs in it, before anything else is there
   */
  createMachine(node: string, setUp: () => void): Namespace {
    return this.#networks.create(node, setUp);
  }

  /** A machine's network namespace, which is the panel's to close. */
  netnsOf(node: string): Namespace {
    return this.#networks.netnsOf(node);
  }

  removeMachine(node: string): void {
    this.links.carrier.forgetNode(node);
    this.#networks.remove(node);
    for (const [endpoint, { tap }] of this.#jacks) {
      if (!endpoint.startsWith(`${node}:`)) continue;
      this.#jacks.delete(endpoint);
      tap?.close();
    }
  }

  /** @throws see `Switches.create` */
  createSwitch(node: SwitchNode): void | Promise<void> {
    return this.#switches.create(node, this.#claimIfindex());
  }

  configureSwitch(node: SwitchNode): void | Promise<void> {
    const ports = [...this.links.all]
      .flatMap(({ connection }) => portsOf(connection))
      .filter(({ end }) => end.node === node.name);
    return this.#switches.configure(node, ports);
  }

  removeSwitch(name: string): void | Promise<void> {
    return this.#switches.remove(name);
  }

  /** Whether what forwards the frames of a switch has ended. */
  hasSwitchFailed(name: string): boolean {
    return this.#switches.hasFailed(name);
  }

  get failedSwitches(): readonly string[] {
    return this.#switches.failed;
  }

  /** Ends what runs for it. */
  stop(): void {
    this.#switches.stop();
  }

  createInterface(node: string, one: Interface): void {
    if (one.name !== "lo") {
      const index = this.#claimIfindex();
      const jack = { ifindex: index, name: `j${index}` };
      const ifindex = this.#networks.claimIfindex(node, one.name);
      const peer = { name: one.name, ifindex, mac: one.mac, mtu: one.mtu, netns: this.#networks.netnsOf(node) };
      this.#handle.linkAdd({ ...jack, mtu: one.mtu, peer });
      this.#jacks.set(endpointText({ node, interface: one.name }), { ...jack, mac: one.mac });
    }
    this.#networks.of(node).configure(one);
  }

  /**
   * Makes the interface of a virtual machine: a tap that is its own jack. What QEMU writes to the tap
   * enters the panel, with offload as on a veth pair; the panel keeps the tap open, so that the jack stays
   * through power-offs.
   *
   * @param offload whether QEMU may pass super-frames, and checksums that are still to be made
   * @throws VM_TAP_REFUSED
   */
  createTap(node: string, one: Interface, offload: boolean): Tap {
    const index = this.#claimIfindex();
    const jack = { ifindex: index, name: `j${index}` };
    const endpoint = endpointText({ node, interface: one.name });
    let tap: Tap;
    try {
      tap = Tap.open({ ...jack, vnetHeader: offload });
    } catch (error) {
      const { code = String(error) } = error as { readonly code?: string };
      throw labError("VM_TAP_REFUSED", { endpoint, reason: code }, { cause: error });
    }
    try {
      this.#handle.linkSet({ ifindex: index, mtu: one.mtu });
    } catch (error) {
      tap.close();
      throw error;
    }
    this.#jacks.set(endpoint, { ...jack, mac: one.mac, tap });
    return tap;
  }

  removeInterface(node: string, one: Interface): void {
    if (!this.#networks.has(node)) return;
    if (one.name === "lo") {
      this.#networks.of(node).clear(one);
      return;
    }
    const endpoint = endpointText({ node, interface: one.name });
    const jack = this.#jacks.get(endpoint);
    if (jack === undefined) return;
    this.#jacks.delete(endpoint);
    this.#networks.forgetInterface(node, one.name);
    this.#handle.linkDelete(jack.ifindex);
    jack.tap?.close();
  }

  configureInterface(node: string, from: Interface, to: Interface): void {
    const jack = this.#jacks.get(endpointText({ node, interface: to.name }));
    if (jack !== undefined && to.mtu !== from.mtu) this.#handle.linkSet({ ifindex: jack.ifindex, mtu: to.mtu });
    if (jack !== undefined) this.#jacks.set(endpointText({ node, interface: to.name }), { ...jack, mac: to.mac });
    if (jack?.tap === undefined) this.#networks.of(node).reconfigure(from, to);
  }

  addRoutes(node: string, routes: readonly Route[]): void {
    this.#networks.of(node).addRoutes(routes);
  }

  removeRoutes(node: string, routes: readonly Route[]): void {
    if (this.#networks.has(node)) this.#networks.of(node).removeRoutes(routes);
  }

  /** Where the frames of an interface, or of a switch's port, pass now. */
  placeOf(endpoint: Endpoint): Place {
    return placeOf(endpoint, this.links.all, (end) => this.#jacks.get(endpointText(end)));
  }

  /** @throws INTERFACE_NOT_FOUND */
  machineEnd(endpoint: Endpoint): MachineEnd {
    const jack = this.#jacks.get(endpointText(endpoint));
    if (jack === undefined) throw labError("INTERFACE_NOT_FOUND", { endpoint: endpointText(endpoint) });
    const { ifindex, name, mac, tap } = jack;
    return { jack: { ifindex, name }, mac, netns: this.#networks.netnsOf(endpoint.node), isTap: tap !== undefined };
  }

  /** From where each end of a link sends, and where it receives: a machine's interface or tap, or a switch's port. */
  senderAt(link: Link, end: Endpoint): Sender {
    if (!this.#switches.has(end.node)) {
      const { netns, jack } = this.machineEnd(end);
      const tap = this.#jacks.get(endpointText(end))?.tap;
      return tap === undefined ? { name: end.interface, netns } : { name: jack.name, tapFd: tap.fd };
    }
    const connection = this.links.get(link.id);
    const port = connection === undefined ? undefined : portsOf(connection).find((one) => sameEnd(one.end, end));
    if (port === undefined) throw labError("INTERFACE_NOT_FOUND", { endpoint: endpointText(end) });
    return { name: port.jack.name };
  }

  /** Brings up new switches, and resolves when every link that was raised carries frames. @throws TIMED_OUT */
  async settled(): Promise<void> {
    this.#switches.raise();
    await this.#switches.settled();
    await this.links.carrier.settled();
  }

  linkStatus({ id, a, b, mtu }: Link): LinkStatus {
    const medium = this.links.get(id)?.medium;
    const isBridged = this.#switches.has(a.node) || this.#switches.has(b.node);
    const { impairments = {}, medium: forced } = this.links.conditionsOf(id);
    const blocked = this.links.partition.blockedOf(id);
    return {
      id,
      a: endpointText(a),
      b: endpointText(b),
      medium: medium === "wire" ? "wire" : isBridged && medium !== "queues" ? "bridge" : "kernel",
      ...(forced === undefined ? {} : { forced }),
      state: this.links.carrier.isUp(id) ? "up" : "down",
      mtu,
      ...impairments,
      ...(blocked.length === 0 ? {} : { blocked: [...blocked] }),
    };
  }

  /** @param links by the ends that they have (`linksByEnd`) */
  interfacesOf(node: LabNode, links: ReadonlyMap<string, LinkId>): NodeStatus["interfaces"] {
    const notes = isSwitch(node) ? portNotes(node) : undefined;
    return node.interfaces.map(({ name, addresses, mac }) => {
      const id = links.get(endpointText({ node: node.name, interface: name }));
      return {
        name,
        addresses: [...addresses],
        ...(isSwitch(node) || name === "lo" ? {} : { mac }),
        jack: this.#jackName(node, name, id),
        ...(id === undefined ? {} : { link: id }),
        ...notes?.get(name),
      };
    });
  }

  /** A machine's network namespace; undefined for what has none. */
  namespaceOf(node: string): Namespace | undefined {
    return this.#networks.has(node) ? this.#networks.netnsOf(node) : undefined;
  }

  /** An interface of a machine that something else made, so that its number is given to no other; undefined: it has gone. */
  noteInterface(node: string, name: string, ifindex: number | undefined): void {
    if (this.#networks.has(node)) this.#networks.noteInterface(node, name, ifindex);
  }

  inspectMachine(node: string): Record<string, unknown> {
    return this.#networks.of(node).inspect();
  }

  /** A switch's bridge, its ports by the names of the lab, and what it has learnt. */
  inspectSwitch(node: SwitchNode): Record<string, unknown> | Promise<Record<string, unknown>> {
    if (this.#switches.isOvs(node.name)) return this.#switches.inspectOvs(node.name);
    const bridge = this.#switches.get(node.name);
    const links = this.#handle.linkList();
    const ports = new Map<number, { readonly port: string; readonly to: string }>();
    for (const { link, connection } of this.links.all) {
      for (const { jack, end } of portsOf(connection)) {
        const far = end === link.a ? link.b : link.a;
        if (end.node === node.name) ports.set(jack.ifindex, { port: end.interface, to: endpointText(far) });
      }
    }
    return {
      bridge: links.find((one) => one.ifindex === bridge?.ifindex),
      ports: links.flatMap((one) => (ports.has(one.ifindex) ? [{ ...ports.get(one.ifindex), ...one }] : [])),
      forwarding: this.#handle
        .forwardingList()
        .flatMap(({ ifindex, mac, state, bridge: of }) =>
          of === bridge?.ifindex && state !== "permanent" ? [{ mac, port: ports.get(ifindex)?.port }] : [],
        ),
    };
  }

  #jackName(node: LabNode, name: string, id: LinkId | undefined): string {
    if (!isSwitch(node)) return this.#jacks.get(endpointText({ node: node.name, interface: name }))?.name ?? "";
    const connection = id === undefined ? undefined : this.links.get(id);
    if (connection === undefined) return "";
    return portsOf(connection).find(({ end }) => end.node === node.name && end.interface === name)?.jack.name ?? "";
  }

  #claimIfindex(): number {
    return this.#nextIfindex++;
  }
}
