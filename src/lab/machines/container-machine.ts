import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { ProcessStatus } from "../../api/index.ts";
import { type ContainerYard, launch, NodeContainer, type Program, type ProgramRequest } from "../../engines/index.ts";
import { inNamespaces, type Namespace } from "../../kernel/index.ts";
import {
  configOf,
  configured,
  type DhcpPlaces,
  dhcpClients,
  needsOf,
  type Preparation,
  prepareKind,
} from "../../kinds/index.ts";
import {
  type Interface,
  kindOfNode,
  labError,
  type Machine,
  type ProgramNode,
  type RouterNode,
  runsPrograms,
} from "../../topology/index.ts";
import type { ConsoleHub } from "../console/hub.ts";
import { NodeConsole } from "../console/node-console.ts";
import type { EventLog } from "../events.ts";
import type { FileRequest } from "../files/porter-request.ts";
import type { LogSink, LogStore } from "../log-store.ts";
import type { PatchPanel } from "../panel/panel.ts";
import { pump } from "../processes/output.ts";
import { NodeServices, type ServicePlace } from "../services.ts";
import { type LabSettings, NodeSettings } from "../settings.ts";
import {
  type ConfiguredNode,
  filesInside,
  forgetReadiness,
  type NodeFiles,
  ownConfig,
  pushConfig,
  readConfig,
} from "./configuration.ts";
import { knowing } from "./image-facts.ts";
import type { MachineLife, MachineState } from "./life.ts";
import { LiveRouting } from "./routing.ts";

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
  /** DHCP clients, which run on this machine in the container's network. */
  readonly #beside: NodeServices;
  readonly #console: NodeConsole;
  readonly #routing: LiveRouting;
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
    this.#beside = new NodeServices(node.name, options);
    this.#log = logs.sink({ source: node.name, node: node.name });
    this.#routing = new LiveRouting(() => this.#configured(), options.events);
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
    return [...this.#beside.statuses, ...this.#services.statuses];
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
    this.#routing.forget();
    const { panel, events } = this.#options;
    await panel.settled();
    const isNew = this.#container === undefined;
    this.#container ??= await NodeContainer.create(this.#node, await this.#options.yard(), needsOf(this.#node));
    const container = this.#container;
    const preparation = await this.#prepare(this.#node, container);
    if (preparation !== undefined) await container.furnish(preparation);
    await this.#startBeside(container);
    await this.#run(container);
    if (!isNew) await forgetReadiness(preparation, this.#files(container));
    await this.#services.start(preparation, this.#place(container));
    const run = (request: ProgramRequest) => this.run(request);
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
    this.#beside.signal(frozen ? "SIGSTOP" : "SIGCONT");
    this.#isPaused = frozen;
    if (!frozen) await this.#routing.goOn();
  }

  async openConsole(): Promise<ConsoleHub> {
    if (this.#power !== "off") await this.#console.start();
    return this.#console.hub;
  }

  /** Gives it another configuration while it runs, or with none that of the lab file. @throws CONFIG_NONE, CONFIG_REFUSED */
  async pushConfig(text: string | undefined): Promise<void> {
    const node = this.#configured();
    const preparation = text === undefined ? await this.#prepare(this.#node, this.#alive) : undefined;
    await pushConfig(node, text ?? ownConfig(preparation, node.config.path));
  }

  /** @throws CONFIG_REFUSED */
  loadRouting(from: RouterNode, to: RouterNode): Promise<void> {
    return this.#routing.change(this.state, { from, to });
  }

  /** Where its configuration is. @throws CONFIG_NONE */
  get configPath(): string {
    return this.#configured().config.path;
  }

  /** The configuration in force. @throws CONFIG_NONE */
  async readConfig(): Promise<string> {
    return readConfig(this.#configured());
  }

  /** @throws NODE_OFF, NODE_FAILED */
  async transferFiles(request: FileRequest, connection: Socket): Promise<void> {
    await this.#alive.transferFiles({ ...request, node: this.#node.name }, connection);
  }

  /** One that does not run is saved as well. @throws NODE_FAILED, COMMIT_UNSUPPORTED, CONTAINER_ENGINE_REFUSED */
  async saveImage(name: string, comment: string): Promise<string> {
    if (this.#container === undefined) throw labError("NODE_FAILED", { node: this.#node.name });
    return this.#container.save(name, comment);
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
    return this.#alive.run(request);
  }

  /** Does something synchronous with its network. Its file system is its engine's. */
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
      {
        end: ({ how }) => this.#fail(how),
        outOfMemory: () =>
          this.#options.events.record(
            "node.out-of-memory",
            this.#node.name,
            `${this.#node.name}: out of memory, the kernel ended one of its processes`,
          ),
      },
      () => this.#log.lastLines(),
    );
  }

  /** Its container, while it runs. @throws NODE_OFF, NODE_FAILED */
  get #alive(): NodeContainer {
    const { name } = this.#node;
    if (this.#power === "off") throw labError("NODE_OFF", { node: name });
    // When its engine has gone, nobody knows what of it still runs.
    if (this.#power === "failed" || this.#container?.isRunning !== true) throw labError("NODE_FAILED", { node: name });
    return this.#container;
  }

  #configured(): ConfiguredNode {
    const node = this.#node;
    const config = configOf(node);
    if (config === undefined) throw labError("CONFIG_NONE", { node: node.name, kind: kindOfNode(node) });
    const container = this.#alive;
    const place = this.#place(container);
    const files = this.#files(container);
    return {
      name: node.name,
      config,
      files,
      run: place.run,
      prepared: (text) => this.#prepare(configured(node, text), container),
      restart: async (preparation) => {
        await this.#services.stop();
        await forgetReadiness(preparation, files);
        await this.#services.start(preparation, place);
      },
    };
  }

  /** What its kind has and runs in it, by what its image has. @throws PROGRAM_MISSING */
  async #prepare(node: ProgramNode, container: NodeContainer): Promise<Preparation | undefined> {
    const view = {
      programFolders: hasKind(node) ? await container.programFolders() : [],
      hasFile: (path: string) => container.hasFile(path),
      readFile: (path: string) => container.readFile(path),
    };
    return knowing(view, (facts) => prepareKind(node, facts));
  }

  #files(container: NodeContainer): NodeFiles {
    return {
      readFile: async (path) =>
        (await container.readFile(path)) ??
        Promise.reject(labError("CONFIG_REFUSED", { node: this.#node.name, said: [`${path} is not there any more`] })),
      writeFile: (path, content) => container.writeFile(path, content),
      removeFile: (path) => container.removeFile(path),
    };
  }

  /** What its kind runs is root's, whoever the image's own program belongs to. */
  #place(container: NodeContainer): ServicePlace {
    return {
      run: (request) => container.run({ user: "0", ...request }),
      inside: (body) => this.inside(body),
      exists: (path) => container.hasFile(path),
    };
  }

  /** Asks for its addresses: before its own program runs, so that this has them if the lab file says to wait. */
  async #startBeside(container: NodeContainer): Promise<void> {
    const places: DhcpPlaces = { folder: `${container.folder}/dhcp`, resolvConf: `${container.folder}/resolv.conf` };
    const clients = dhcpClients(this.#node, places);
    if (clients === undefined) return;
    for (const { path, mode } of clients.directories) mkdirSync(path, { recursive: true, mode });
    for (const { path, mode, contentBase64 } of clients.files) {
      // In place: the container has one of them mounted.
      writeFileSync(path, Buffer.from(contentBase64, "base64"));
      chmodSync(path, mode);
    }
    await forgetReadiness(
      clients,
      filesInside((body) => body()),
    );
    const { name } = this.#node;
    // In the container's network and in nothing else of it.
    const beside = { node: name, namespaces: [this.#netns], environment: {}, limits: {}, home: "/" };
    await this.#beside.start(clients, {
      run: (request) => launch(request, beside),
      inside: (body) => this.inside(body),
      exists: existsSync,
    });
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
    if (this.#isPaused) await this.freeze(false);
    this.#isPaused = false;
    await this.#beside.stop();
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

/** Whether there is anything that a kind runs on it. */
const hasKind = (node: ProgramNode): boolean =>
  node.role !== undefined || (node.kind === "router" && node.frr !== undefined);
