import type { ProcessStatus } from "../../api/index.ts";
import { type ContainerYard, NodeContainer, type Program, type ProgramRequest } from "../../engines/index.ts";
import { inNamespaces, type Namespace } from "../../kernel/index.ts";
import {
  type Interface,
  kindOfNode,
  labError,
  type Machine,
  type ProgramNode,
  runsPrograms,
} from "../../topology/index.ts";
import type { ConsoleHub } from "../console/hub.ts";
import { NodeConsole } from "../console/node-console.ts";
import type { EventLog } from "../events.ts";
import type { LogSink, LogStore } from "../log-store.ts";
import type { PatchPanel } from "../panel/panel.ts";
import { pump } from "../processes/output.ts";
import { NodeServices } from "../services.ts";
import { type LabSettings, NodeSettings } from "../settings.ts";
import type { MachineLife, MachineState } from "./life.ts";

export type ContainerMachineOptions = {
  readonly panel: PatchPanel;
  readonly yard: () => Promise<ContainerYard>;
  readonly settings: LabSettings;
  readonly logs: LogStore;
  readonly events: EventLog;
};

/** From a stop signal to SIGKILL: of a node that is stopped as engines have it, and of one that goes. */
const stopSeconds = 10;
const goingSeconds = 2;

/**
 * A machine that is a container of Docker or Podman. Its network is the lab's own, as every machine's: a
 * namespace made by the panel, in which the container is started, and which stays when it stops.
 */
export class ContainerMachine implements MachineLife {
  readonly #options: ContainerMachineOptions;
  readonly #netns: Namespace;
  /** Another node's network, which is not this machine's to change. */
  readonly #joins: string | undefined;
  readonly #settings: NodeSettings;
  readonly #services: NodeServices;
  readonly #console: NodeConsole;
  readonly #log: LogSink;
  #node: ProgramNode;
  #container: NodeContainer | undefined;
  #power: "on" | "off" | "failed" = "on";
  #isPaused = false;

  constructor(node: ProgramNode, options: ContainerMachineOptions) {
    const { panel, settings, logs } = options;
    this.#node = node;
    this.#options = options;
    this.#joins = node.join;
    const entries = settings.forNew(node);
    this.#netns =
      node.join === undefined
        ? panel.createMachine(node.name, () => settings.write(node.name, entries))
        : panel.netnsOf(node.join);
    this.#settings = new NodeSettings(node.name, this.#netns, settings);
    this.#services = new NodeServices(node.name, options);
    this.#log = logs.sink({ source: node.name, node: node.name });
    this.#console = new NodeConsole({
      node: node.name,
      logs,
      run: (request) => this.run(request),
      command: () => this.#node.console?.command,
      isAlive: () => this.state === "running",
    });
  }

  get state(): MachineState {
    if (this.#power !== "on") return this.#power;
    if (this.#isPaused) return "paused";
    return this.#container?.isRunning ? "running" : "idle";
  }

  get services(): readonly ProcessStatus[] {
    return this.#services.statuses;
  }

  addInterface(one: Interface): void {
    if (this.#joins !== undefined) return;
    this.#options.panel.createInterface(this.#node.name, one);
    this.#settings.setInterface(this.#node, one.name);
  }

  removeInterface(one: Interface): void {
    this.#options.panel.removeInterface(this.#node.name, one);
  }

  configureInterface(from: Interface, to: Interface): void {
    this.#options.panel.configureInterface(this.#node.name, from, to);
  }

  configure(from: Machine, to: Machine): void {
    if (!runsPrograms(to)) return;
    if (this.#joins === undefined) this.#settings.change(from, to);
    if (runsPrograms(from)) this.#container?.nameServers(from, to);
    this.#node = to;
  }

  async start(node: Machine): Promise<void> {
    if (runsPrograms(node)) this.#node = node;
    const { panel, events } = this.#options;
    await panel.settled();
    this.#container ??= await NodeContainer.create(this.#node, await this.#options.yard());
    await this.#run(this.#container);
    const run = (request: ProgramRequest) => this.run(request);
    // The files of a vendor's kind are in the container since it was made, and its program is the service.
    const { setup = [] } = this.#node.role?.software ?? {};
    const asked = { directories: [], files: [], services: [], setup };
    await this.#services.start(asked, run, (body) => this.inside(body));
    await this.#services.runStartup(this.#node, run);
    if (this.#node.console?.startsWithNode) await this.#console.start();
    events.record("node.started", this.#node.name, `${this.#node.name} started`);
  }

  /** Its next start makes it anew. */
  async stop(): Promise<void> {
    await this.#end(goingSeconds);
    const container = this.#container;
    this.#container = undefined;
    await container?.remove();
  }

  /** Its file system stays, as that of a machine does, and so do its interfaces and addresses. */
  async powerOff(how: "stop" | "kill"): Promise<void> {
    this.#power = "off";
    this.#setPower(false);
    await this.#end(how === "stop" ? stopSeconds : 0);
  }

  async powerOn(): Promise<void> {
    await this.#end(0);
    this.#power = "on";
    this.#setPower(true);
    await this.start(this.#node);
    if (this.#console.isWatched) await this.#console.start();
  }

  async freeze(frozen: boolean): Promise<void> {
    if (this.#container?.isRunning !== true || frozen === this.#isPaused) return;
    await this.#container.freeze(frozen);
    this.#isPaused = frozen;
  }

  async openConsole(): Promise<ConsoleHub> {
    if (this.#power !== "off") await this.#console.start();
    return this.#console.hub;
  }

  /** @throws CONFIG_NONE always: kinds with a configuration that can be changed do not run in containers */
  pushConfig(): Promise<void> {
    return Promise.reject(this.#withoutConfig());
  }

  get configPath(): string {
    throw this.#withoutConfig();
  }

  readConfig(): Promise<string> {
    return Promise.reject(this.#withoutConfig());
  }

  async inspect(): Promise<Record<string, unknown>> {
    return {
      ...this.#options.panel.inspectMachine(this.#joins ?? this.#node.name),
      ...(this.#container === undefined ? {} : { container: await this.#container.inspect() }),
    };
  }

  kill(): void {
    this.#container?.kill();
  }

  async remove(): Promise<void> {
    await this.stop();
    if (this.#joins !== undefined) return;
    this.#options.panel.removeMachine(this.#node.name);
    this.#netns.close();
  }

  /** @throws NODE_OFF, NODE_FAILED */
  async run(request: ProgramRequest): Promise<Program> {
    const { name } = this.#node;
    if (this.#power === "off") throw labError("NODE_OFF", { node: name });
    // When its engine has gone, nobody knows what of it still runs.
    if (this.#power === "failed" || this.#container?.isRunning !== true) throw labError("NODE_FAILED", { node: name });
    return this.#container.run(request);
  }

  /** Does something synchronous with its network. Its file system is out of reach. */
  inside<Value>(body: () => Value): Value {
    return inNamespaces([this.#netns], body);
  }

  async hasFile(path: string): Promise<boolean> {
    return (await this.#container?.hasFile(path)) ?? false;
  }

  /** The engine has gone, and what it ran is out of reach. */
  lose(): void {
    if (this.#container === undefined) return;
    this.#fail("the container engine has gone");
  }

  async #run(container: NodeContainer): Promise<void> {
    this.#power = "on";
    this.#isPaused = false;
    await container.start(
      this.#netns,
      (stdout, stderr) => pump({ stdout, stderr }, this.#log).closed,
      ({ how }) => this.#fail(how),
      () => this.#log.lastLines(),
    );
  }

  #withoutConfig(): Error {
    return labError("CONFIG_NONE", { node: this.#node.name, kind: kindOfNode(this.#node) });
  }

  #fail(how: string): void {
    const { name } = this.#node;
    this.#power = "failed";
    this.#isPaused = false;
    this.#log.flush();
    this.#options.events.record("node.failed", name, `${name}: ${how}`);
  }

  async #end(graceSeconds: number): Promise<void> {
    await this.#console.end();
    // A frozen container takes no signal.
    if (this.#isPaused) await this.#container?.freeze(false);
    this.#isPaused = false;
    const end = await this.#container?.stop(graceSeconds);
    this.#log.flush();
    if (end !== undefined)
      this.#options.events.record("node.changed", this.#node.name, `${this.#node.name}: ${end.how}`, {
        exitCode: end.exitCode,
      });
    this.#services.forget();
  }

  #setPower(isOn: boolean): void {
    if (this.#joins === undefined) this.#options.panel.links.carrier.setPower(this.#node.name, isOn);
  }
}
