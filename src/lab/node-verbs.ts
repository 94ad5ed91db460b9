import type { NodeAction, NodeConfiguration, NodeDetail, NodeStatus, ProcessStatus } from "../api/index.ts";
import { findNode } from "../topology/find-node.ts";
import {
  isAppliance,
  isMachine,
  isSwitch,
  kindOfNode,
  type Lab,
  type LabNode,
  type LinkId,
  labError,
  type Machine,
  runsPrograms,
  startOrder,
} from "../topology/index.ts";
import type { EventLog } from "./events.ts";
import { limitsInForce } from "./limits.ts";
import type { ApplianceMachine } from "./machines/appliance-machine.ts";
import { linksByEnd } from "./panel/panel.ts";
import type { ProcessGroup } from "./processes/group.ts";
import type { Stage } from "./stage.ts";

export type NodeVerbsOptions = {
  readonly stage: Stage;
  readonly processes: ProcessGroup;
  readonly events: EventLog;
  /** The lab, while it can be worked on. @throws LAB_BUSY */
  readonly running: () => Lab;
  readonly lab: () => Lab;
  /** Runs one change of the lab after the other. */
  readonly inTurn: <Result>(change: () => Promise<Result>) => Promise<Result>;
};

/** What can be done to the nodes of a lab that runs, and what they are. */
export class NodeVerbs {
  readonly #options: NodeVerbsOptions;

  constructor(options: NodeVerbsOptions) {
    this.#options = options;
  }

  get #lab(): Lab {
    return this.#options.lab();
  }

  /**
   * Does something to a node that a person might do to a machine. The processes of the lab file that
   * run on it go and come with its power.
   */
  act(name: string, action: NodeAction): Promise<NodeStatus> {
    return this.#options.inTurn(async () => {
      const node = this.machine(name);
      const { stage, processes } = this.#options;
      const lab = this.#options.running();
      const machine = stage.machine(node);
      const { state } = machine;
      // A node that runs is started already, and what keeps a paused one from running is the pause.
      if (action === "start" && (state === "idle" || state === "running")) return this.status(node);
      const done = action === "start" && state === "paused" ? "resume" : action;
      if (done === "pause" || done === "resume") await machine.freeze(done === "pause");
      if (done === "reset") await this.#appliance(name).reset();
      const own = startOrder(lab.processes.filter((process) => process.node === name));
      const stopOwn = async () => {
        for (const process of own.toReversed()) await processes.stop(process.name);
      };
      if (action === "stop" || action === "kill" || action === "restart") {
        // What was paused cannot end by itself.
        await machine.freeze(false);
        if (action === "kill") await machine.powerOff("kill");
        await stopOwn();
        if (action !== "kill") await machine.powerOff("stop");
      }
      if (done === "start" || done === "restart") {
        // Of a node that failed, they are still known as they ended.
        await stopOwn();
        await machine.powerOn();
        await stage.performTogether(own.map((process) => ({ do: "process.start", process })));
      }
      const status = this.status(node);
      this.#options.events.record("node.changed", name, `${name}: ${done}`, { action: done, state: status.state });
      return status;
    });
  }

  /** Saves disks and memory of a virtual machine under a name, or puts them back. */
  snapshot(name: string, action: "save" | "restore", tag: string): Promise<NodeStatus> {
    return this.#options.inTurn(async () => {
      await this.#appliance(name).snapshot(action, tag);
      this.#options.events.record("node.changed", name, `${name}: snapshot ${tag}: ${action}`, {
        action,
        snapshot: tag,
      });
      return this.status(this.find(name));
    });
  }

  /** Gives a node another configuration, or with no text that of the lab file. */
  pushConfig(name: string, text: string | undefined): Promise<NodeConfiguration> {
    return this.#options.inTurn(async () => {
      const node = this.machine(name);
      this.#options.running();
      const machine = this.#options.stage.programMachine(node.name);
      await machine.pushConfig(text);
      const done = text === undefined ? "reset" : "push";
      const message = `${name}: configuration ${done === "reset" ? "reset" : "pushed"}`;
      this.#options.events.record("node.changed", name, message, { action: `config.${done}` });
      return this.readConfig(name);
    });
  }

  /** The configuration of a node that is in force. */
  async readConfig(name: string): Promise<NodeConfiguration> {
    const machine = this.#options.stage.programMachine(this.machine(name).name);
    return { node: name, path: machine.configPath, text: await machine.readConfig() };
  }

  /** Of all nodes. */
  get statuses(): NodeStatus[] {
    const links = linksByEnd(this.#lab.links);
    const own = Map.groupBy(this.#options.processes.statuses, ({ node }) => node);
    return this.#lab.nodes.map((node) => this.#statusOf(node, links, own.get(node.name) ?? []));
  }

  status(node: LabNode): NodeStatus {
    const own = this.#options.processes.statuses.filter((process) => process.node === node.name);
    return this.#statusOf(node, linksByEnd(this.#lab.links), own);
  }

  /** Its status, and what the kernel, or its machine, says is there. @throws NODE_NOT_FOUND */
  async inspect(name: string): Promise<NodeDetail> {
    const node = this.find(name);
    const { stage } = this.#options;
    const seen = isMachine(node) ? await stage.machine(node).inspect() : await stage.panel.inspectSwitch(node);
    return {
      ...this.status(node),
      ...(isMachine(node) ? { hostname: node.hostname } : {}),
      ...(runsPrograms(node) ? { root: node.root } : {}),
      ...(isMachine(node) ? { limits: limitsInForce(node, this.#lab, stage.groups, stage.limitsContainers) } : {}),
      ...(isAppliance(node) ? { machine: seen, kernel: {} } : { kernel: seen }),
    };
  }

  #statusOf(node: LabNode, links: ReadonlyMap<string, LinkId>, own: readonly ProcessStatus[]): NodeStatus {
    const { stage } = this.#options;
    return {
      name: node.name,
      kind: kindOfNode(node),
      state: isMachine(node) ? stage.machineState(node) : stage.panel.hasSwitchFailed(node.name) ? "failed" : "none",
      ...this.#engineStatus(node),
      ...(isSwitch(node) ? { driver: node.ovs === undefined ? "bridge" : "ovs" } : {}),
      interfaces: stage.panel.interfacesOf(node, links),
      processes: own.filter((process) => process.pid !== undefined).length,
    };
  }

  #engineStatus(node: LabNode): Pick<NodeStatus, "engine" | "accelerator"> {
    if (runsPrograms(node) && node.engine === "container") return { engine: node.engine };
    if (!isAppliance(node)) return {};
    const accelerator = this.#options.stage.appliance(node.name)?.accelerator;
    return { engine: node.engine, ...(accelerator === undefined ? {} : { accelerator }) };
  }

  /** @throws NODE_NOT_FOUND */
  find(name: string): LabNode {
    return findNode(this.#lab.name, this.#lab.nodes, name);
  }

  /** @throws NODE_NOT_VM */
  #appliance(name: string): ApplianceMachine {
    const machine = isAppliance(this.find(name)) ? this.#options.stage.appliance(name) : undefined;
    if (machine === undefined) throw labError("NODE_NOT_VM", { node: name, kind: this.find(name).kind });
    return machine;
  }

  /** @throws NODE_NOT_FOUND, NODE_HAS_NO_PROCESSES */
  machine(name: string): Machine {
    const node = this.find(name);
    if (!isMachine(node)) throw labError("NODE_HAS_NO_PROCESSES", { node: name, kind: node.kind });
    return node;
  }
}
