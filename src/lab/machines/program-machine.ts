import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { ProcessStatus } from "../../api/index.ts";
import {
  fileInImage,
  hasImage,
  NamespaceMachine,
  type Premises,
  type Program,
  type ProgramRequest,
  resolvConf,
  textInImage,
} from "../../engines/index.ts";
import type { Namespace } from "../../kernel/index.ts";
import { configOf, configured, prepare } from "../../kinds/index.ts";
import {
  type Interface,
  kindOfNode,
  labError,
  type Machine,
  needsStart,
  type ProgramNode,
  type RouterNode,
  restarts,
  runsPrograms,
} from "../../topology/index.ts";
import type { ConsoleHub } from "../console/hub.ts";
import { NodeConsole } from "../console/node-console.ts";
import type { EventLog } from "../events.ts";
import type { FileRequest } from "../files/porter-request.ts";
import { transfer } from "../files/transfer.ts";
import type { LogStore } from "../log-store.ts";
import type { PatchPanel } from "../panel/panel.ts";
import { NodeServices, type ServicePlace } from "../services.ts";
import { type LabSettings, NodeSettings } from "../settings.ts";
import {
  type ConfiguredNode,
  filesInside,
  forgetReadiness,
  ownConfig,
  pushConfig,
  readConfig,
} from "./configuration.ts";
import type { MachineLife, MachineState } from "./life.ts";
import { LiveRouting } from "./routing.ts";

export type ProgramMachineOptions = {
  readonly panel: PatchPanel;
  readonly premises: Premises;
  readonly settings: LabSettings;
  readonly logs: LogStore;
  readonly events: EventLog;
  readonly hasUsers: boolean;
  /** Whether processes of the lab file run on it. */
  readonly hasProcesses: () => boolean;
};

/** A machine made of namespaces, in which programs are run. */
export class ProgramMachine implements MachineLife {
  readonly #options: ProgramMachineOptions;
  readonly #machine: NamespaceMachine;
  readonly #netns: Namespace;
  readonly #settings: NodeSettings;
  readonly #services: NodeServices;
  readonly #console: NodeConsole;
  readonly #routing: LiveRouting;
  #node: ProgramNode;
  /** `failed`: its init was killed. `off`: stopped, by a verb. */
  #power: "on" | "off" | "failed" = "on";
  /** The programs of the init that runs now stand still. */
  #paused = false;

  /** Makes its network namespace, with its kernel settings. */
  constructor(node: ProgramNode, options: ProgramMachineOptions) {
    const { panel, premises, settings } = options;
    this.#node = node;
    this.#options = options;
    const entries = settings.forNew(node);
    this.#netns = panel.createMachine(node.name, () => settings.write(node.name, entries));
    this.#machine = new NamespaceMachine(this.#netns, premises);
    this.#settings = new NodeSettings(node.name, this.#netns, settings);
    this.#services = new NodeServices(node.name, options);
    this.#routing = new LiveRouting(() => this.#configured(), options.events);
    this.#console = new NodeConsole({
      node: node.name,
      logs: options.logs,
      run: (request) => this.run(request),
      command: () => this.#node.console?.command,
      isAlive: () => this.#power === "on" && this.#machine.running,
    });
  }

  get state(): MachineState {
    if (this.#power !== "on") return this.#power;
    if (this.#paused) return "paused";
    return this.#machine.running ? "running" : "idle";
  }

  get services(): readonly ProcessStatus[] {
    return this.#services.statuses;
  }

  addInterface(one: Interface): void {
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
    this.#settings.change(from, to);
    this.#node = to;
    this.#nameNewServers(from, to);
    // A view made on demand shows what was; one with programs of the lab file in it is stopped by a step of its own.
    if (restarts(from, to) && !this.#services.any && !this.#options.hasProcesses()) this.#machine.kill();
  }

  /** Programs read resolv.conf when they look a name up: it changes while they run, unless the node has made it its own. */
  #nameNewServers(from: Machine, to: ProgramNode): void {
    if (!runsPrograms(from) || to.root !== "isolated" || !this.#machine.running) return;
    const [before, after] = [resolvConf(from), resolvConf(to)];
    if (before === after) return;
    this.#machine.inside(() => {
      const path = "/etc/resolv.conf";
      if (existsSync(path) && readFileSync(path, "utf8") === before) writeFileSync(path, after);
    });
  }

  async start(node: Machine): Promise<void> {
    if (runsPrograms(node)) this.#node = node;
    this.#routing.forget();
    await this.#options.panel.settled();
    await this.#boot();
    await this.#services.start(this.#preparation, this.#place);
    await this.#services.runStartup(this.#node, this.#place.run);
    if (this.#node.console?.startsWithNode) await this.#console.start();
    this.#options.events.record("node.started", this.#node.name, `${this.#node.name} started`);
  }

  async stop(): Promise<void> {
    await this.#console.end();
    await this.#services.stop();
    await this.#machine.stop();
    this.#paused = false;
  }

  /** Its interfaces and addresses stay. */
  async powerOff(how: "stop" | "kill"): Promise<void> {
    this.#power = "off";
    this.#paused = false;
    this.#options.panel.links.carrier.setPower(this.#node.name, false);
    await this.#console.end();
    if (how === "stop") await this.#services.stop();
    await this.#machine.stop();
    this.#services.forget();
  }

  /** Its links get carrier, then what `up` started on it starts again, and its console for those who watch it. */
  async powerOn(): Promise<void> {
    await this.#machine.stop();
    this.#services.forget();
    this.#power = "on";
    this.#options.panel.links.carrier.setPower(this.#node.name, true);
    if (needsStart(this.#node)) await this.start(this.#node);
    if (this.#console.isWatched) await this.#console.start();
  }

  /** Stops or continues every program but its init: SIGSTOP and SIGCONT (signal(7)). */
  async freeze(frozen: boolean): Promise<void> {
    if (!this.#machine.running) return;
    // kill(2): -1 is every process of the PID namespace but its init and the sender.
    const program = await this.#machine.run(this.#node, {
      argv: ["sh", "-c", `kill -${frozen ? "STOP" : "CONT"} -1 2>/dev/null || true`],
      environment: {},
      stdin: false,
    });
    for (const stream of [program.stdout, program.stderr]) stream?.resume();
    await program.exit;
    this.#paused = frozen;
    if (!frozen) await this.#routing.goOn();
  }

  async openConsole(): Promise<ConsoleHub> {
    if (this.#power !== "off") await this.#console.start();
    return this.#console.hub;
  }

  /** Gives it another configuration while it runs, or with none that of the lab file. @throws CONFIG_NONE, CONFIG_REFUSED */
  async pushConfig(text: string | undefined): Promise<void> {
    const node = this.#configured();
    await pushConfig(node, text ?? ownConfig(this.#preparation, node.config.path));
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
  readConfig(): Promise<string> {
    return readConfig(this.#configured());
  }

  inspect(): Record<string, unknown> {
    return this.#options.panel.inspectMachine(this.#node.name);
  }

  kill(): void {
    this.#machine.kill();
  }

  async remove(): Promise<void> {
    await this.stop();
    this.#options.panel.removeMachine(this.#node.name);
    this.#netns.close();
  }

  /** Runs a program, for which the machine gets its file system and init now if it has none. */
  async run(request: ProgramRequest): Promise<Program> {
    await this.#ready();
    return this.#machine.run(this.#node, request);
  }

  /** As for `run`, it gets its file system now if it has none. */
  async transferFiles(request: FileRequest, connection: Socket): Promise<void> {
    await this.#ready();
    using fileSystem = this.#machine.openFileSystem(this.#node);
    await transfer({ ...request, node: this.#node.name }, connection, fileSystem);
  }

  async transferChanges(latest: number | undefined, connection: Socket): Promise<void> {
    const { name } = this.#node;
    if (!hasImage(this.#node)) throw labError("IMAGE_NODE_NEEDED", { node: name });
    await this.#ready();
    const { changes } = this.#machine;
    if (changes === undefined) throw labError("NODE_FAILED", { node: name });
    await transfer({ do: "changes", ...changes, ...(latest === undefined ? {} : { latest }), node: name }, connection);
  }

  /** Does something synchronous as if inside: in its file system, with its network. */
  inside<Value>(body: () => Value): Value {
    return this.#machine.inside(body);
  }

  async #ready(): Promise<void> {
    const { name } = this.#node;
    if (this.#power === "off") throw labError("NODE_OFF", { node: name });
    // Without its services a machine that has some is not the one that is meant.
    if (this.#power === "failed" && needsStart(this.#node)) throw labError("NODE_FAILED", { node: name });
    await this.#boot();
  }

  #configured(): ConfiguredNode {
    const node = this.#node;
    const config = configOf(node);
    if (config === undefined) throw labError("CONFIG_NONE", { node: node.name, kind: kindOfNode(node) });
    if (this.#power === "off") throw labError("NODE_OFF", { node: node.name });
    if (!this.#machine.running) throw labError("NODE_FAILED", { node: node.name });
    const files = filesInside((body) => this.#machine.inside(body));
    return {
      name: node.name,
      config,
      files,
      run: this.#place.run,
      prepared: async (text) => this.#prepare(configured(node, text)),
      restart: async (preparation) => {
        await this.#services.stop();
        await forgetReadiness(preparation, files);
        await this.#services.start(preparation, this.#place);
      },
    };
  }

  get #place(): ServicePlace {
    const inside = <Value>(body: () => Value) => this.#machine.inside(body);
    return {
      inside,
      run: (request) => this.#machine.run(this.#node, request),
      exists: (path) => inside(() => existsSync(path)),
    };
  }

  async #boot(): Promise<void> {
    await this.#machine.start(this.#node, this.#preparation, () => {
      this.#power = "failed";
      this.#paused = false;
      const { name } = this.#node;
      this.#options.events.record(
        "node.failed",
        name,
        `${name}: its first process was ended, and with it all its processes`,
      );
    });
    this.#power = "on";
  }

  get #preparation() {
    return this.#prepare(this.#node);
  }

  #prepare(node: ProgramNode) {
    const readText = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
    return prepare(node, {
      hasUsers: this.#options.hasUsers,
      ...(hasImage(node)
        ? {
            exists: (path: string) => fileInImage(node.image.content, path) !== undefined,
            readText: (path: string) => textInImage(node.image.content, path),
          }
        : { exists: existsSync, readText }),
    });
  }
}
