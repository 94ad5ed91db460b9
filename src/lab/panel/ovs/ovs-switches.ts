import type { Namespace } from "../../../kernel/index.ts";
import { type Endpoint, labError, type OvsSettings, type SwitchNode } from "../../../topology/index.ts";
import { type BridgeRow, bridgeRow, changeArguments, portNotes, portNumbers } from "./bridge-rows.ts";
import { ControllerRelay } from "./controller-relay.ts";
import { OvsDaemons, type OvsPremises } from "./daemons.ts";

export type OvsNode = SwitchNode & { readonly ovs: OvsSettings };

type Bridge = {
  readonly name: string;
  readonly mac: string;
  node: OvsNode;
  /** Names of jacks, by port: those whose links are there. */
  readonly plugged: Map<string, string>;
  /** What Open vSwitch has of it. */
  row: BridgeRow | undefined;
  /** With what was added to them. */
  flows: string | undefined;
};

export const isOvs = (node: SwitchNode): node is OvsNode => node.ovs !== undefined;

/**
 * Switches as bridges of Open vSwitch in the panel. While a lab comes up, changes are gathered until `settled`;
 * from then on each is made at once, so that what refuses it is known to who asked for it.
 */
export class OvsSwitches {
  readonly #daemons: OvsDaemons;
  readonly #relay: ControllerRelay;
  readonly #bridges = new Map<string, Bridge>();
  readonly #gone = new Map<string, BridgeRow>();
  #isGathering = true;
  #last: Promise<unknown> = Promise.resolve();

  /** @param netnsOf the network of a node that is there and has power */
  constructor(premises: OvsPremises, netnsOf: (node: string) => Namespace | undefined) {
    this.#daemons = new OvsDaemons(premises);
    this.#relay = new ControllerRelay(premises.folder, netnsOf);
  }

  get hasEnded(): boolean {
    return this.#daemons.hasEnded;
  }

  /** @throws OVS_MISSING, OVS_NOT_STARTED, OVS_REFUSED, FLOWS_REFUSED, OVS_ENDED; see `settled` */
  async create(node: OvsNode, name: string, mac: string): Promise<void> {
    this.#bridges.set(node.name, { name, mac, node, plugged: new Map(), row: undefined, flows: undefined });
    if (!this.#isGathering) {
      await this.#apply();
      return;
    }
    // Begins while the rest of the lab is made; who waits for it is told how it went.
    this.#daemons.start(node.name).catch(() => undefined);
  }

  /** @throws OVS_REFUSED, FLOWS_REFUSED, OVS_ENDED */
  async configure(node: OvsNode): Promise<void> {
    const bridge = this.#bridges.get(node.name);
    if (bridge === undefined) return;
    bridge.node = node;
    if (!this.#isGathering) await this.#apply();
  }

  async remove(name: string): Promise<void> {
    const bridge = this.#bridges.get(name);
    if (bridge === undefined) return;
    this.#bridges.delete(name);
    if (bridge.row !== undefined) this.#gone.set(name, bridge.row);
    await this.#applyIfRunning();
  }

  has(name: string): boolean {
    return this.#bridges.has(name);
  }

  /** The jack becomes the port. */
  async plug({ node, interface: port }: Endpoint, jack: string): Promise<void> {
    this.#bridges.get(node)?.plugged.set(port, jack);
    if (!this.#isGathering) await this.#apply();
  }

  /** Resolves when no frame passes any more between the jack and the switch. */
  async unplug({ node, interface: port }: Endpoint): Promise<void> {
    this.#bridges.get(node)?.plugged.delete(port);
    await this.#applyIfRunning();
  }

  /** Makes what was gathered. @throws OVS_MISSING, OVS_NOT_STARTED, OVS_REFUSED, FLOWS_REFUSED, OVS_ENDED */
  async settled(): Promise<void> {
    if (!this.#isGathering) return;
    await this.#apply();
    this.#isGathering = false;
  }

  /** What Open vSwitch says of a switch: its ports and bonds with their states, what it has learnt, its flows. */
  async inspect(name: string): Promise<Record<string, unknown>> {
    const bridge = this.#bridges.get(name);
    if (bridge === undefined || this.#daemons.hasEnded) return { datapath: "ended" };
    const [bridges, ports, interfaces, controllers] = await Promise.all([
      this.#daemons.rows("Bridge", ["name", "datapath_id", "datapath_type", "status", "rstp_status", "fail_mode"]),
      this.#daemons.rows("Port", ["name", "status", "rstp_status", "bond_active_slave"]),
      this.#daemons.rows("Interface", [
        "name",
        "ofport",
        "link_state",
        "mac_in_use",
        "statistics",
        "lacp_current",
        "error",
      ]),
      this.#daemons.rows("Controller", ["target", "is_connected", "role", "status"]),
    ]);
    const learnt = await this.#daemons.ask("fdb/show", bridge.name);
    const byName = <Row extends Readonly<Record<string, unknown>>>(rows: readonly Row[], wanted: string) =>
      rows.find((row) => row["name"] === wanted);
    const notes = portNotes(bridge.node);
    const numbers = portNumbers(bridge.node.interfaces);
    const portOf = new Map([...bridge.plugged].map(([port]) => [String(numbers.get(port)), port]));
    const own = byName(bridges, bridge.name) ?? {};
    const targets = bridge.row?.controllers ?? [];
    return {
      bridge: { ...own, name: bridge.name },
      ports: [...bridge.plugged].map(([port, jack]) => {
        const { name: _, ...row } = byName(interfaces, jack) ?? {};
        const { status, rstp_status: rstp } = byName(ports, jack) ?? {};
        return { port, jack, ...notes.get(port), ...row, ...present({ stp: status, rstp }) };
      }),
      bonds: bridge.node.ovs.bonds.map(({ name: bond, ports: members, lacp, mode }) => {
        const { bond_active_slave: mac } = byName(ports, `${bridge.name}.${bond}`) ?? {};
        const active = members.find((port) => {
          const row = byName(interfaces, bridge.plugged.get(port) ?? "");
          return row !== undefined && row["mac_in_use"] === mac;
        });
        return { bond, ports: members, lacp, mode, ...present({ active }) };
      }),
      controllers: controllers.filter(({ target }) => targets.includes(String(target))),
      forwarding: learntFrom(learnt, portOf, bridge.node),
    };
  }

  /** Ends the daemons. */
  stop(): void {
    this.#relay.close();
    this.#daemons.stop();
  }

  /** Taking away needs nobody to answer when nobody is there. */
  async #applyIfRunning(): Promise<void> {
    if (this.#isGathering || this.#daemons.hasEnded) return;
    try {
      await this.#apply();
    } catch (error) {
      if (!this.#daemons.hasEnded) throw error;
    }
  }

  #apply(): Promise<void> {
    const applied = this.#last.then(() => this.#applyNow());
    this.#last = applied.catch(() => undefined);
    return applied;
  }

  async #applyNow(): Promise<void> {
    const [first] = this.#bridges.keys();
    if (first === undefined && this.#gone.size === 0) return;
    const datapath = await this.#daemons.start(first ?? "");
    const gone = [...this.#gone];
    const changes = [...this.#bridges.values()].map((bridge) => {
      const { node, name, mac, plugged } = bridge;
      const controllers = node.ovs.controllers.map((one) => this.#relay.target(one));
      return { bridge, row: bridgeRow({ node, name, mac, datapath, controllers, plugged }) };
    });
    await this.#daemons.configure([
      ...gone.flatMap(([, row]) => changeArguments(row, undefined)),
      ...changes.flatMap(({ bridge, row }) => changeArguments(bridge.row, row)),
    ]);
    for (const [name] of gone) this.#gone.delete(name);
    for (const { bridge, row } of changes) bridge.row = row;
    for (const { bridge } of changes) await this.#setFlows(bridge);
  }

  /** Replaces all flows, or none. What its flows leave open, a standalone switch forwards. */
  async #setFlows(bridge: Bridge): Promise<void> {
    const { node, name } = bridge;
    const { flows, failMode, controllers } = node.ovs;
    // A controller decides about what no flow says, as long as it is there.
    const normal = failMode === "standalone" && controllers.length === 0 ? "priority=0,actions=NORMAL\n" : "";
    const wanted = flows === undefined ? undefined : `${flows}\n${normal}`;
    if (wanted === bridge.flows) return;
    // Behind the user's own, so that the numbers of lines are theirs; of flows alike the last is in force.
    const text = `${flows ?? ""}\n${/^\s*(table=0,\s*)?priority=0,\s*actions/m.test(flows ?? "") ? "" : normal}`;
    const versions = "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15";
    const words = ["-O", versions, "replace-flows", this.#daemons.managementOf(name), "-"];
    const { exitCode, stderr } = await this.#daemons.openflow(words, text);
    if (exitCode !== 0) throw flowsRefused(node.name, flows ?? "", stderr);
    bridge.flows = wanted;
  }
}

/** ovs-ofctl says `-:2: why` of the second line of its standard input. */
function flowsRefused(name: string, flows: string, stderr: string) {
  const text = stderr.trim().replaceAll(/^ovs-ofctl: /gm, "");
  const [, number] = /(?:^|\s)-:(\d+):/.exec(text) ?? [];
  const reason = text.replaceAll(/(^|\s)-:(\d+):/g, (_, before: string, line: string) => `${before}line ${line}:`);
  const line = number === undefined ? undefined : flows.split("\n")[Number(number) - 1]?.trim();
  return labError("FLOWS_REFUSED", { switch: name, reason, ...(line === undefined || line === "" ? {} : { line }) });
}

/** ` port  VLAN  MAC                Age`, as fdb/show prints it; a bond's members have the number of the first. */
function learntFrom(text: string, portOf: ReadonlyMap<string, string>, node: OvsNode) {
  return text.split("\n").flatMap((line) => {
    const [, number = "", vlan = "", mac = "", age = ""] =
      /^\s*(\S+)\s+(\d+)\s+([0-9a-f:]{17})\s+(\d+)/.exec(line) ?? [];
    const port = portOf.get(number);
    if (mac === "" || port === undefined) return [];
    const bond = node.ovs.bonds.find(({ ports }) => ports.includes(port))?.name;
    return [{ mac, port: bond ?? port, vlan: Number(vlan), ageSeconds: Number(age) }];
  });
}

/** Those that say something. */
const present = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) =>
        value !== undefined && !(typeof value === "object" && value !== null && Object.keys(value).length === 0),
    ),
  );
