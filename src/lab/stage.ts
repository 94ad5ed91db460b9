import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { ProcessStatus } from "../api/index.ts";
import {
  type Acceleration,
  ContainerYard,
  chooseAcceleration,
  EtcTemplate,
  holdProgramIn,
  type Premises,
  type Program,
  type ProgramRequest,
  stillProgramIn,
  type YardSettings,
} from "../engines/index.ts";
import {
  type HostEntry,
  type Interface,
  isAppliance,
  isMachine,
  type LabNode,
  type LabResources,
  type LinkConditions,
  labError,
  type Machine,
  type Process,
  type Step,
} from "../topology/index.ts";
import type { StepPerformer } from "./apply.ts";
import { Captures } from "./captures/captures.ts";
import type { EventLog } from "./events.ts";
import type { LabGroups } from "./groups/groups.ts";
import { MemoryWatch } from "./groups/memory-watch.ts";
import type { LogStore } from "./log-store.ts";
import { ApplianceMachine } from "./machines/appliance-machine.ts";
import { ContainerMachine } from "./machines/container-machine.ts";
import type { MachineLife, MachineState } from "./machines/life.ts";
import { ProgramMachine } from "./machines/program-machine.ts";
import type { LinkChange } from "./panel/links.ts";
import { PatchPanel } from "./panel/panel.ts";
import type { ProcessGroup } from "./processes/group.ts";
import { SupervisedProcess } from "./processes/supervised.ts";
import type { GateOptions } from "./reach/gate-process.ts";
import { Reach } from "./reach/reach.ts";
import type { Sandbox } from "./sandbox.ts";
import { LabSettings } from "./settings.ts";
import { WireProcess } from "./wire/wire-process.ts";

export type StageOptions = {
  readonly lab: string;
  /** 0 to 2^48 - 1: every random draw of the lab's links comes from it. */
  readonly seed: number;
  /** The user chose the seed: what the lab's links draw is to be the same as another time. */
  readonly repeatable: boolean;
  readonly sandbox: Sandbox;
  /** Folders that `root: host` nodes find empty: the lab's runtime folder among them. */
  readonly covered: readonly string[];
  readonly logs: LogStore;
  readonly events: EventLog;
  readonly processes: ProcessGroup;
  readonly gate: GateOptions;
  /** Of a lab whose limits need control groups. */
  readonly groups?: LabGroups;
  /** Of a lab with containers. */
  readonly containers?: YardSettings;
};

/** What exists of a lab: its machines and the patch panel. Performs the steps of plans on them. */
export class Stage implements StepPerformer {
  readonly panel: PatchPanel;
  readonly captures: Captures;
  readonly reach: Reach;
  readonly #options: StageOptions;
  readonly #wire: WireProcess;
  readonly #machines = new Map<string, MachineLife>();
  readonly #etc: EtcTemplate;
  readonly #premises: Premises;
  readonly #settings: LabSettings;
  readonly #memory: MemoryWatch | undefined;
  #spareFiles = 0;
  #limits: { readonly processes?: number } = {};
  #acceleration: Promise<Acceleration> | undefined;
  #yard: Promise<ContainerYard> | undefined;

  constructor(options: StageOptions) {
    this.#options = options;
    const { folder, host, hasUsers } = options.sandbox;
    const { groups } = options;
    this.#memory = groups && new MemoryWatch(groups, options.events);
    this.#wire = new WireProcess(() => options.logs.sink({ source: "wire" }), options.events);
    this.panel = new PatchPanel(
      this.#wire,
      options,
      ({ a, b }) => this.captures.follow([a, b]),
      (end, up) => this.#machines.get(end.node)?.setCarrier?.(end.interface, up),
      {
        folder: `${folder}/ovs`,
        openLog: () => options.logs.sink({ source: "ovs" }),
        ended: (program, how) => this.#switchesEnded(program, how),
      },
    );
    this.captures = new Captures({
      wire: this.#wire,
      events: options.events,
      folder: `${options.logs.directory}/captures`,
      placeOf: (end) => this.panel.placeOf(end),
      linkOf: (end) => this.panel.links.at(end)?.id,
    });
    this.reach = new Reach({
      gate: options.gate,
      events: options.events,
      netnsOf: (node) => this.panel.namespaceOf(node),
      noteInterface: (node, name, ifindex) => this.panel.noteInterface(node, name, ifindex),
    });
    this.#etc = new EtcTemplate(folder);
    mkdirSync(`${folder}/root`);
    mkdirSync(`${folder}/spare`);
    this.#settings = new LabSettings(`${folder}/root`);
    this.#premises = {
      lab: options.lab,
      etc: this.#etc,
      stage: `${folder}/root`,
      covered: options.covered,
      host,
      hasUsers,
      limits: () => this.#limits,
      ...(groups === undefined ? {} : { join: (...who) => groups.join(...who) }),
      spare: () => {
        const path = `${folder}/spare/${++this.#spareFiles}`;
        writeFileSync(path, "");
        return path;
      },
      writable: (node) => {
        const path = `${folder}/changes/${node}-${++this.#spareFiles}`;
        mkdirSync(path, { recursive: true });
        return path;
      },
      still: () => stillProgramIn(folder),
      hold: () => holdProgramIn(folder),
    };
  }

  /** What enforces limits of nodes as a whole, where something does. */
  get groups(): LabGroups | undefined {
    return this.#options.groups;
  }

  /** What enforces limits of nodes that are containers. */
  get limitsContainers(): "the container engine" | "nothing" {
    return this.#options.containers?.own === undefined ? "the container engine" : "nothing";
  }

  get seed(): number {
    return this.#options.seed;
  }

  perform(step: Step): void | Promise<void> {
    switch (step.do) {
      case "node.create":
        return isMachine(step.node) ? this.#createMachine(step.node) : this.panel.createSwitch(step.node);
      case "node.remove":
        return isMachine(step.node) ? this.#removeMachine(step.node.name) : this.panel.removeSwitch(step.node.name);
      case "node.configure":
        return this.#configure(step.from, step.to);
      case "interface.create":
        return this.#createInterface(step.node, step.interface);
      case "interface.remove":
        return this.#machines.get(step.node)?.removeInterface(step.interface);
      case "interface.configure":
        return this.#machine(step.node).configureInterface(step.from, step.to);
      case "link.connect":
        return this.panel.links.connect(step.link, step.ports);
      case "link.disconnect":
        return this.panel.links.disconnect(step.link);
      case "link.impair":
        return this.panel.links.impair(step.link, conditionsChange(step.to));
      case "routes.add":
        return this.panel.addRoutes(step.node, step.routes);
      case "routes.remove":
        return this.panel.removeRoutes(step.node, step.routes);
      case "names.set":
        this.reach.setNames(step.to);
        return this.#setHosts(step.to);
      case "reach.set":
        return this.reach.set(step.node, step.from, step.to);
      case "limits.set":
        return this.#limit(step.to);
      case "mode.set":
        return this.#options.processes.setMode(step.to);
      case "node.start":
        return this.#machine(step.node.name).start(step.node);
      case "routing.load":
        return this.programMachine(step.to.name).loadRouting(step.from, step.to);
      case "node.stop":
        return this.#machines.get(step.node.name)?.stop();
      case "process.start":
        return this.performTogether([step]);
      case "process.stop":
        return this.#options.processes.stop(step.process.name);
      case "capture.start":
        return this.captures.startPlanned(step.capture);
      case "capture.stop":
        return this.captures.stopPlanned(step.capture);
      default:
        return step satisfies never;
    }
  }

  async performTogether(steps: readonly Step[]): Promise<void> {
    await this.panel.settled();
    const processes = steps.flatMap((step) => (step.do === "process.start" ? [step.process] : []));
    await this.#options.processes.start(processes.map((process) => this.#supervise(process)));
  }

  /** Runs a program in a machine, which gets its file system and init now if it has none. */
  async run(node: Machine, request: ProgramRequest): Promise<Program> {
    return this.programMachine(node.name).run(request);
  }

  /** @throws NODE_NOT_FOUND */
  machine(node: Machine): MachineLife {
    return this.#machine(node.name);
  }

  /** The machine of an appliance. @throws NODE_NOT_FOUND */
  appliance(name: string): ApplianceMachine | undefined {
    const machine = this.#machine(name);
    return machine instanceof ApplianceMachine ? machine : undefined;
  }

  get services(): readonly ProcessStatus[] {
    return [...this.#machines.values()].flatMap(({ services }) => services);
  }

  machineState(node: Machine): MachineState {
    return this.#machines.get(node.name)?.state ?? "idle";
  }

  /** Ends what does not end with this process, and keeps what it wrote. Stops at no error; there is nobody to mend one. */
  async close(): Promise<void> {
    this.#memory?.look();
    const containers = [...this.#machines.values()].filter((machine) => machine instanceof ContainerMachine);
    await Promise.allSettled(containers.map((machine) => machine.stop()));
    (await this.#yard?.catch(() => undefined))?.close();
  }

  /** SIGKILL for every program of the lab. */
  killAll(): void {
    this.#wire.stop();
    this.panel.stop();
    for (const machine of this.#machines.values()) machine.kill();
  }

  /**
   * Limits all nodes together: by their control group, or where there is none, the number of processes by a limit
   * of every program that starts from now on.
   */
  #limit(resources: LabResources): void {
    const { groups } = this.#options;
    const standIn = groups?.enforcerOf("pids") === undefined ? resources.processes : undefined;
    this.#limits = standIn === undefined ? {} : { processes: standIn };
    groups?.limitLab(resources);
  }

  #createMachine(node: Machine): void {
    const { logs, events, sandbox, lab, processes, groups } = this.#options;
    if (node.engine !== "container") groups?.limit(node.name, node.resources ?? {});
    if (isAppliance(node)) {
      // Found out while the rest of the lab is made.
      if (node.vm.acceleration === "auto") void this.#chosenAcceleration().catch(() => undefined);
      const join = groups && { join: (name: string, pid: number) => groups.join(name, pid) };
      const options = { lab, panel: this.panel, logs, events, folder: sandbox.folder, ...join };
      this.#machines.set(
        node.name,
        new ApplianceMachine(node, { ...options, acceleration: () => this.#chosenAcceleration() }),
      );
      return;
    }
    if (node.engine === "container") {
      if (this.#options.containers === undefined) throw labError("CONTAINER_ENGINE_ABSENT", { lab });
      // A lab in which nobody has an address has no names to set.
      this.#shareHosts();
      // Opened now: from here on this process, too, keeps the lab's containers.
      void this.#openYard().catch(() => undefined);
      const options = { panel: this.panel, settings: this.#settings, logs, events };
      this.#machines.set(node.name, new ContainerMachine(node, { ...options, yard: () => this.#openYard() }));
      return;
    }
    const isOn = (process: ProcessStatus) => process.node === node.name && process.pid !== undefined;
    this.#machines.set(
      node.name,
      new ProgramMachine(node, {
        panel: this.panel,
        premises: this.#premises,
        settings: this.#settings,
        logs,
        events,
        hasUsers: sandbox.hasUsers,
        hasProcesses: () => processes.statuses.some(isOn),
      }),
    );
  }

  #openYard(): Promise<ContainerYard> {
    const { containers, lab } = this.#options;
    if (containers === undefined) throw labError("CONTAINER_ENGINE_ABSENT", { lab });
    this.#yard ??= ContainerYard.open(containers, () => {
      for (const machine of this.#machines.values()) if (machine instanceof ContainerMachine) machine.lose();
    });
    return this.#yard;
  }

  #setHosts(entries: readonly HostEntry[]): void {
    this.#etc.setHosts(entries);
    this.#shareHosts();
  }

  #shareHosts(): void {
    const { containers } = this.#options;
    if (containers === undefined) return;
    mkdirSync(containers.folder, { recursive: true });
    // In place: every container has it mounted.
    writeFileSync(`${containers.folder}/hosts`, readFileSync(this.#etc.hostsFile));
  }

  async #removeMachine(name: string): Promise<void> {
    const machine = this.#machines.get(name);
    if (machine === undefined) return;
    await machine.stop();
    this.#machines.delete(name);
    await machine.remove();
    await this.#options.groups?.remove(name);
  }

  #createInterface(node: string, one: Interface): void | Promise<void> {
    const added = this.#machine(node).addInterface(one);
    const follow = () => this.captures.follow([{ node, interface: one.name }]);
    return added === undefined ? follow() : added.then(follow);
  }

  #configure(from: LabNode, to: LabNode): void | Promise<void> {
    if (!isMachine(to)) return this.panel.configureSwitch(to);
    if (to.engine !== "container") this.#options.groups?.limit(to.name, to.resources ?? {});
    if (isMachine(from)) this.#machine(to.name).configure(from, to);
    return undefined;
  }

  /** Open vSwitch is one for the lab: without it none of its switches forwards anything. */
  #switchesEnded(program: string, how: string): void {
    for (const name of this.panel.failedSwitches) {
      const message = `${name}: Open vSwitch no longer runs (${program} ended: ${how}), so it forwards nothing`;
      this.#options.events.record("node.failed", name, message, { program, how });
    }
  }

  #supervise(process: Process): SupervisedProcess {
    const machine = this.programMachine(process.node);
    const log = this.#options.logs.sink({ source: process.name, node: process.node });
    const view = {
      log,
      run: (request: ProgramRequest) => machine.run(request),
      inside: <Value>(body: () => Value) => machine.inside(body),
      exists: (path: string) =>
        machine instanceof ContainerMachine ? machine.hasFile(path) : machine.inside(() => existsSync(path)),
    };
    return new SupervisedProcess(process, "process", view, this.#options.events);
  }

  /** One guest boots to find it out, however many ask. */
  #chosenAcceleration(): Promise<Acceleration> {
    this.#acceleration ??= chooseAcceleration("qemu-system-x86_64");
    return this.#acceleration;
  }

  #machine(name: string): MachineLife {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw labError("NODE_NOT_FOUND", { node: name, lab: this.#options.lab });
    return machine;
  }

  /** A machine that programs are run in. @throws NODE_NOT_FOUND, NODE_HAS_NO_PROCESSES */
  programMachine(name: string): ProgramMachine | ContainerMachine {
    const machine = this.#machine(name);
    if (machine instanceof ProgramMachine || machine instanceof ContainerMachine) return machine;
    throw labError("NODE_HAS_NO_PROCESSES", { node: name, kind: "appliance" });
  }
}

/** Everything that is said of a link, and of what is not said, that it is nothing. */
const conditionsChange = ({ impairments: { ab = {}, ba = {} } = {}, medium }: LinkConditions): LinkChange => ({
  ab,
  ba,
  medium: medium ?? "auto",
});
