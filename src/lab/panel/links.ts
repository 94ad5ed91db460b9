import { createHash } from "node:crypto";
import type { LinkStats } from "../../dataplane/contract.ts";
import { inNamespaces, type Namespace, type RtnetlinkHandle, setSuperFrames } from "../../kernel/index.ts";
import {
  type Endpoint,
  endpointText,
  type Impairment,
  type Link,
  type LinkConditions,
  type LinkId,
  labError,
  type SwitchPort,
} from "../../topology/index.ts";
import type { WireProcess } from "../wire/wire-process.ts";
import { Carrier } from "./carrier.ts";
import { type BridgePort, type CableEnd, type Connection, type Jack, plugIn, portsOf, unplug } from "./connection.ts";
import { cutOf, PanelPartition } from "./partition.ts";
import { Queues, tryQueues } from "./queues.ts";
import { isImpaired, type KernelAbilities, type Road, roadOf } from "./road.ts";
import type { Switches } from "./switches.ts";

type Plugged = { readonly link: Link; readonly ports: readonly SwitchPort[]; readonly connection: Connection };

/** A machine's interface, seen from the panel. */
export type MachineEnd = {
  readonly jack: Jack;
  readonly mac: string;
  readonly netns: Namespace;
  /** The jack is a tap: its other side is a virtual machine, and no interface of the namespace. */
  readonly isTap: boolean;
};

export type LinkChange = {
  readonly ab?: Impairment;
  readonly ba?: Impairment;
  /** `auto`: whatever can do it. */
  readonly medium?: "auto" | "kernel" | "wire";
};

export type PanelLinksOptions = {
  readonly handle: RtnetlinkHandle;
  readonly switches: Switches;
  readonly wire: WireProcess;
  /** Of the lab: that of each link comes from it and the link's id. */
  readonly seed: number;
  /** The user chose the seed. */
  readonly repeatable: boolean;
  readonly newIfindex: () => number;
  /** Told when a link is made of something new. */
  readonly made: (link: Link) => void | Promise<void>;
  /** @throws INTERFACE_NOT_FOUND */
  readonly machineEnd: (endpoint: Endpoint) => MachineEnd;
  /** An end of a link gained or lost carrier, or has it still. */
  readonly carrier?: (end: Endpoint, up: boolean) => void;
};

/** The links of a patch panel: what they are made of, what impairs them, and what is cut. */
export class PanelLinks {
  readonly #options: PanelLinksOptions;
  readonly #queues: Queues;
  readonly #plugged = new Map<LinkId, Plugged>();
  readonly #conditions = new Map<LinkId, LinkConditions>();
  readonly carrier: Carrier;
  readonly partition: PanelPartition;
  #kernel: KernelAbilities | undefined;

  constructor(options: PanelLinksOptions) {
    this.#options = options;
    const { handle, machineEnd, carrier } = options;
    this.#queues = new Queues(handle);
    this.carrier = new Carrier(handle, this.#plugged, ({ a, b }, up) => {
      for (const end of [a, b]) carrier?.(end, up);
    });
    const macOf = (endpoint: Endpoint) => machineEnd(endpoint).mac;
    this.partition = new PanelPartition({ ...options, plugged: this.#plugged, macOf });
  }

  /** Every link that is plugged in. */
  get all(): Iterable<{ readonly link: Link; readonly connection: Connection }> {
    return this.#plugged.values();
  }

  get(id: LinkId): Connection | undefined {
    return this.#plugged.get(id)?.connection;
  }

  /** The link that is plugged in at an interface. */
  at(end: Endpoint): Link | undefined {
    const text = endpointText(end);
    for (const { link } of this.#plugged.values())
      if (endpointText(link.a) === text || endpointText(link.b) === text) return link;
    return undefined;
  }

  conditionsOf(id: LinkId): LinkConditions {
    return this.#conditions.get(id) ?? {};
  }

  /**
   * Plugs a link in; both ends gain carrier.
   *
   * @param ports its ends at switches, with the MAC address and MTU of the port
   * @throws MEDIUM_IMPOSSIBLE
   */
  connect(link: Link, ports: readonly SwitchPort[]): void | Promise<void> {
    const { impairments, medium } = link;
    this.#conditions.set(link.id, {
      ...(impairments === undefined ? {} : { impairments }),
      ...(medium === undefined ? {} : { medium }),
    });
    return this.#plugIn(link, ports);
  }

  /** Unplugs a link: its ends lose carrier and keep their addresses. */
  disconnect(link: Link): void | Promise<void> {
    const plugged = this.#plugged.get(link.id);
    if (plugged === undefined) return;
    this.#plugged.delete(link.id);
    this.#conditions.delete(link.id);
    this.carrier.gone(link);
    return this.#unplug(plugged, false);
  }

  /** Whether an end of a link has carrier, by what is plugged, cut and powered. */
  hasCarrier(end: Endpoint): boolean {
    const link = this.at(end);
    return link !== undefined && this.carrier.isUp(link.id);
  }

  /**
   * Replaces the impairment of the directions given, an empty one clearing it, and the medium. When
   * another medium has to take over, the nodes keep their interfaces and carrier.
   *
   * @throws MEDIUM_IMPOSSIBLE, WIRE_REFUSED, WIRE_ENDED; the link then is as it was
   */
  async impair(id: LinkId, change: LinkChange): Promise<void> {
    const before = this.conditionsOf(id);
    const medium = change.medium === "auto" ? undefined : (change.medium ?? before.medium);
    const ab = change.ab ?? before.impairments?.ab;
    const ba = change.ba ?? before.impairments?.ba;
    const impairments = { ...(isImpaired(ab) ? { ab } : {}), ...(isImpaired(ba) ? { ba } : {}) };
    const after = {
      ...(Object.keys(impairments).length === 0 ? {} : { impairments }),
      ...(medium === undefined ? {} : { medium }),
    };
    const road = this.#roadOf(id, after);
    const plugged = this.#plugged.get(id);
    if (plugged === undefined) return;
    this.#conditions.set(id, after);
    try {
      await this.#takeRoad(plugged, road, change);
    } catch (error) {
      this.#conditions.set(id, before);
      const now = this.#plugged.get(id) ?? plugged;
      await this.#takeRoad(now, this.#roadOf(id, before), { ab: {}, ba: {}, ...before.impairments });
      throw error;
    }
  }

  /**
   * Makes what other impairments of a link would need, so that they take effect at once.
   *
   * @throws MEDIUM_IMPOSSIBLE
   */
  async prepare(id: LinkId, impairments: NonNullable<LinkConditions["impairments"]>): Promise<void> {
    if (this.#roadOf(id, { ...this.conditionsOf(id), impairments }) === "wire") await this.#options.wire.ready();
  }

  /** What the wire process, or the queues of the kernel, count of a link; of any other, nothing. */
  async statistics(id: LinkId): Promise<{
    readonly wire?: LinkStats;
    readonly queues?: Record<"ab" | "ba", ReturnType<Queues["counts"]>>;
  }> {
    const connection = this.get(id);
    if (connection?.medium === "queues") {
      const [ab, ba] = [connection.b, connection.a].map(({ jack }) => this.#queues.counts(jack.ifindex));
      return { queues: { ab, ba } };
    }
    const [wire] = await this.#options.wire.stats([id]);
    return wire === undefined ? {} : { wire };
  }

  #plugIn(link: Link, ports: readonly SwitchPort[]): void | Promise<void> {
    const { id } = link;
    const connection = this.#plan(link, ports, this.#roadOf(id, this.conditionsOf(id), link));
    this.#plugged.set(id, { link, ports, connection });
    plugIn(this.#options.handle, connection, this.partition.blockedOf(id));
    this.carrier.made(link);
    if (connection.medium === "queues") this.#setQueues(link, connection, ["ab", "ba"]);
    const made = this.#options.made(link);
    const joined = this.#options.switches.plug(portsOf(connection));
    if (connection.medium !== "wire" && joined === undefined) return made;
    const carried = connection.medium === "wire" ? this.#addWire(link, connection) : undefined;
    if (made === undefined && joined === undefined) return carried;
    return Promise.all([made, joined, carried]).then(() => undefined);
  }

  #unplug(plugged: Plugged, keepCarrier: boolean): void | Promise<void> {
    const left = this.#options.switches.unplug(portsOf(plugged.connection));
    if (left === undefined) return this.#takeOut(plugged, keepCarrier);
    return left.then(() => this.#takeOut(plugged, keepCarrier));
  }

  #takeOut({ link, connection }: Plugged, keepCarrier: boolean): void | Promise<void> {
    if (connection.medium === "queues") {
      for (const end of [connection.a, connection.b]) {
        if (end.port === undefined) {
          this.#queues.clear(end.jack.ifindex);
          allowSuperFrames(end, true);
        } else this.#queues.forget(end.jack.ifindex);
      }
    }
    unplug(this.#options.handle, connection, { keepCarrier });
    if (connection.medium === "wire") return this.#options.wire.remove(link.id);
  }

  async #takeRoad(plugged: Plugged, road: Road, change: LinkChange): Promise<void> {
    const { link, ports, connection } = plugged;
    if (road !== roadTaken(connection)) {
      await this.#unplug(plugged, true);
      await this.#plugIn(link, ports);
      await this.partition.renew(connection);
      return;
    }
    const { ab, ba } = change;
    const changed = (["ab", "ba"] as const).filter((direction) => change[direction] !== undefined);
    if (connection.medium === "queues") this.#setQueues(link, connection, changed);
    if (connection.medium === "wire" && changed.length > 0)
      await this.#options.wire.set([
        { id: link.id, ...(ab === undefined ? {} : { ab }), ...(ba === undefined ? {} : { ba }) },
      ]);
  }

  #setQueues(
    { id, mtu }: Link,
    { a, b }: Extract<Connection, { medium: "queues" }>,
    directions: readonly ("ab" | "ba")[],
  ): void {
    const { impairments = {} } = this.conditionsOf(id);
    for (const direction of directions) {
      const [from, to] = direction === "ab" ? [a, b] : [b, a];
      const impairment = impairments[direction] ?? {};
      // A queue would delay, lose and count a super-frame as one frame.
      if (isImpaired(impairment)) allowSuperFrames(from, false);
      const seed = seedOf(this.#options.seed, `${id} ${direction}`);
      this.#queues.set({ ifindex: to.jack.ifindex, impairment, mtu, seed }, this.#kernelAbilities.netem);
      if (!isImpaired(impairment)) allowSuperFrames(from, true);
    }
  }

  #addWire({ id }: Link, { a, b }: Extract<Connection, { medium: "wire" }>): Promise<void> {
    const { ab = {}, ba = {} } = this.conditionsOf(id).impairments ?? {};
    return this.#options.wire.add({
      id,
      a: { ifindex: a.jack.ifindex },
      b: { ifindex: b.jack.ifindex },
      ab,
      ba,
      seed: seedOf(this.#options.seed, id),
      cut: cutOf(this.partition.blockedOf(id)),
    });
  }

  #plan(link: Link, ports: readonly SwitchPort[], road: Road): Connection {
    const { switches, machineEnd } = this.#options;
    const bridgePort = (end: Endpoint, jack: () => Jack): BridgePort | undefined => {
      const bridge = switches.get(end.node);
      if (bridge === undefined) return undefined;
      const port = ports.find((one) => one.node === end.node && one.interface.name === end.interface)?.interface;
      if (port === undefined) throw labError("INTERFACE_NOT_FOUND", { endpoint: endpointText(end) });
      return { jack: jack(), bridge, end, mac: port.mac, mtu: port.mtu };
    };
    const { a, b } = link;
    if (road !== "plain") {
      const cableEnd = (end: Endpoint): CableEnd => {
        const port = bridgePort(end, () => this.#newJack());
        if (port !== undefined) return { jack: this.#newJack(), port, sender: { name: port.jack.name } };
        const { jack, netns } = machineEnd(end);
        return { jack, sender: { name: end.interface, netns } };
      };
      return { medium: road, a: cableEnd(a), b: cableEnd(b) };
    }
    if (switches.has(a.node) && switches.has(b.node)) {
      const [one, two] = [a, b].map((end) => bridgePort(end, () => this.#newJack()));
      if (one !== undefined && two !== undefined) return { medium: "cord", a: one, b: two };
    }
    const jackOf = (end: Endpoint) => machineEnd(end).jack;
    const port = bridgePort(a, () => jackOf(b)) ?? bridgePort(b, () => jackOf(a));
    return port === undefined ? { medium: "kernel", a: jackOf(a), b: jackOf(b) } : { medium: "port", port };
  }

  #roadOf(id: LinkId, conditions: LinkConditions, link = this.#plugged.get(id)?.link): Road {
    const { switches, machineEnd, repeatable } = this.#options;
    const ends = link === undefined ? [] : [link.a, link.b];
    const taps = ends.filter((end) => !switches.has(end.node) && machineEnd(end).isTap);
    const obstacles = taps.map(
      ({ node }) => `${node} is a virtual machine, whose super-frames nothing cuts up in front of a queue`,
    );
    return roadOf(id, conditions, () => this.#kernelAbilities, repeatable, obstacles);
  }

  get #kernelAbilities(): KernelAbilities {
    if (this.#kernel === undefined) {
      const { handle, newIfindex } = this.#options;
      const ifindex = newIfindex();
      newIfindex();
      this.#kernel = tryQueues(handle, ifindex);
    }
    return this.#kernel;
  }

  #newJack(): Jack {
    const ifindex = this.#options.newIfindex();
    return { ifindex, name: `j${ifindex}` };
  }
}

/** 53 bits of a hash, so that links draw independently and the same link of the same lab draws the same. */
const seedOf = (seed: number, text: string): number =>
  Number(createHash("sha256").update(`${seed} ${text}`).digest().readBigUInt64BE() >> 11n);

const roadTaken = ({ medium }: Connection): Road => (medium === "queues" || medium === "wire" ? medium : "plain");

function allowSuperFrames({ sender: { name, netns } }: CableEnd, allowed: boolean): void {
  if (netns === undefined) setSuperFrames(name, allowed);
  else inNamespaces([netns], () => setSuperFrames(name, allowed));
}
