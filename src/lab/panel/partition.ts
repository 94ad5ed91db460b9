import type { RtnetlinkHandle } from "../../kernel/index.ts";
import type { Cuts, Endpoint, Link, LinkId } from "../../topology/index.ts";
import type { WireProcess } from "../wire/wire-process.ts";
import { type Blocked, block, type Connection, portsOf } from "./connection.ts";
import { loadRules, type RuleTable, segmentRules, withoutRules } from "./segment-rules.ts";
import type { Switches } from "./switches.ts";

export type PanelPartitionOptions = {
  readonly handle: RtnetlinkHandle;
  readonly switches: Switches;
  readonly wire: WireProcess;
  /** What is plugged in now. */
  readonly plugged: ReadonlyMap<LinkId, { readonly link: Link; readonly connection: Connection }>;
  /** The MAC address of a machine's interface. */
  readonly macOf: (endpoint: Endpoint) => string;
};

const noCuts: Cuts = { links: [], segments: [] };

/** What a partition takes from the links of a patch panel: directions of links, and what ports of switches hear. */
export class PanelPartition {
  readonly #options: PanelPartitionOptions;
  #cuts = noCuts;
  #blocked: ReadonlyMap<LinkId, Blocked> = new Map();
  /** What of it keeps ports of switches apart. */
  #rules: RuleTable | undefined;

  constructor(options: PanelPartitionOptions) {
    this.#options = options;
  }

  /** Directions of a link of two machines that carry nothing. */
  blockedOf(id: LinkId): Blocked {
    return this.#blocked.get(id) ?? [];
  }

  /**
   * Puts cuts into force in place of those before. What both block is blocked all the time.
   *
   * @throws NFT_MISSING, NFT_REFUSED, WIRE_ENDED; what was in force is then again
   */
  async set(cuts: Cuts): Promise<void> {
    const before = this.#cuts;
    try {
      await this.#enforce(cuts);
    } catch (error) {
      await this.#enforce(before);
      throw error;
    }
  }

  /** Of a lab that is to come: its new links are blocked as these say from the moment they are there. */
  expect(cuts: Cuts): void {
    this.#blocked = blockedIn(cuts);
  }

  /** A link was made anew: its ports at switches have other jacks. @throws NFT_MISSING, NFT_REFUSED */
  async renew(connection: Connection): Promise<void> {
    if (this.#cuts.segments.length > 0 && portsOf(connection).length > 0) await this.#loadRules(this.#cuts);
  }

  async #enforce(cuts: Cuts): Promise<void> {
    const { handle, wire, plugged } = this.#options;
    const [from, to] = [this.#blocked, blockedIn(cuts)];
    if (this.#cuts.segments.length > 0 || cuts.segments.length > 0) await this.#loadRules(cuts);
    this.#cuts = cuts;
    this.#blocked = to;
    const changes = [...new Set([...from.keys(), ...to.keys()])].flatMap((id) => {
      const connection = plugged.get(id)?.connection;
      return connection === undefined ? [] : [{ id, connection, from: from.get(id) ?? [], to: to.get(id) ?? [] }];
    });
    block(handle, changes);
    const wires = changes.filter(({ connection }) => connection.medium === "wire");
    if (wires.length > 0) await wire.set(wires.map(({ id, to: now }) => ({ id, cut: cutOf(now) })));
  }

  async #loadRules({ segments }: Cuts): Promise<void> {
    const { plugged, macOf, switches } = this.#options;
    const rules = segments.map(({ classes, blocked }) => ({
      blocked,
      classes: classes.map((members) => {
        const ports = members.flatMap(({ link }) => {
          const connection = plugged.get(link)?.connection;
          return connection === undefined ? [] : portsOf(connection);
        });
        const jacksAt = (ovs: boolean) =>
          ports.filter(({ end }) => switches.isOvs(end.node) === ovs).map(({ jack }) => jack.name);
        return { jacks: jacksAt(false), ovsJacks: jacksAt(true), macs: members.map(({ endpoint }) => macOf(endpoint)) };
      }),
    }));
    if (rules.length === 0) {
      if (this.#rules !== undefined) await loadRules(withoutRules(this.#rules));
      this.#rules = undefined;
      return;
    }
    const table = this.#rules === "netwright-a" ? "netwright-b" : "netwright-a";
    const transactions = segmentRules(rules, this.#portsBeside(segments), table, this.#rules);
    for (const transaction of transactions) await loadRules(transaction);
    this.#rules = table;
  }

  /** Ports of switches at which no machine of these segments is. */
  #portsBeside(segments: Cuts["segments"]) {
    const { plugged, switches } = this.#options;
    const inCut = new Set(segments.flatMap(({ switches: names }) => names));
    const trunks: string[] = [];
    const wires: string[] = [];
    const others: string[] = [];
    for (const { link, connection } of plugged.values()) {
      const isTrunk = switches.has(link.a.node) && switches.has(link.b.node);
      const losesMarks = connection.medium === "wire" || [link.a, link.b].some(({ node }) => switches.isOvs(node));
      for (const { jack, end } of portsOf(connection)) {
        if (switches.isOvs(end.node)) continue;
        if (isTrunk) trunks.push(jack.name);
        else if (!inCut.has(end.node)) others.push(jack.name);
        if (isTrunk && losesMarks) wires.push(jack.name);
      }
    }
    return { trunks, wires, others };
  }
}

export const cutOf = (blocked: Blocked) => ({ ab: blocked.includes("ab"), ba: blocked.includes("ba") });

const blockedIn = (cuts: Cuts): ReadonlyMap<LinkId, Blocked> =>
  new Map(cuts.links.map(({ link, directions }) => [link, directions]));
