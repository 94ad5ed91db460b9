import type { ProcessStatus } from "../api/index.ts";
import { type Program, type ProgramRequest, within } from "../engines/index.ts";
import type { Preparation } from "../kinds/index.ts";
import { type Command, labError, type ProgramNode } from "../topology/index.ts";
import type { EventLog } from "./events.ts";
import type { LogStore } from "./log-store.ts";
import { pump } from "./processes/output.ts";
import { argvOf, type ReadinessView } from "./processes/readiness.ts";
import { SupervisedProcess } from "./processes/supervised.ts";

type Run = (request: ProgramRequest) => Promise<Program>;

/** Where services run, and what their readiness is looked for with. */
export type ServicePlace = Pick<ReadinessView, "run" | "inside" | "exists">;

/** Commands that a node runs to its end while it starts. */
const setupMs = 120_000;

/** What one machine runs of its own: the services of its kind, then its startup commands. */
export class NodeServices {
  readonly #node: string;
  readonly #logs: LogStore;
  readonly #events: EventLog;
  #services: SupervisedProcess[] = [];

  constructor(node: string, options: { readonly logs: LogStore; readonly events: EventLog }) {
    this.#node = node;
    this.#logs = options.logs;
    this.#events = options.events;
  }

  get any(): boolean {
    return this.#services.length > 0;
  }

  get statuses(): readonly ProcessStatus[] {
    return this.#services.map((service) => service.status);
  }

  /** Starts the services one after the other, each ready before the next, then runs their set-up. */
  async start(preparation: Preparation | undefined, place: ServicePlace): Promise<void> {
    for (const service of preparation?.services ?? []) {
      const log = this.#logs.sink({ source: `${this.#node}.${service.name}`, node: this.#node });
      const spec = {
        name: `${this.#node}.${service.name}`,
        node: this.#node,
        command: service.command,
        environment: {},
        after: [],
        restart: service.restart ?? ("no" as const),
        tags: [],
        stopSignal: "SIGTERM",
        graceMs: 2_000,
        ...(service.ready === undefined ? {} : { ready: service.ready }),
      };
      const supervised = new SupervisedProcess(spec, "service", { log, ...place }, this.#events);
      this.#services.push(supervised);
      supervised.start();
      await supervised.ready;
    }
    for (const { what, command } of preparation?.setup ?? []) await this.#complete(what, command, place.run);
  }

  /** Runs the node's startup commands in order. @throws COMMAND_FAILED for the first that fails */
  async runStartup(node: ProgramNode, run: Run): Promise<void> {
    for (const command of node.startup)
      await this.#complete(`Startup command "${argvOf(command).join(" ")}"`, command, run);
  }

  /** For all that run. */
  signal(signal: NodeJS.Signals): void {
    for (const service of this.#services) service.signal(signal);
  }

  /** Its programs are gone. */
  forget(): void {
    this.#services = [];
  }

  async stop(): Promise<void> {
    const services = this.#services.splice(0);
    for (const service of services.reverse()) await service.stop();
  }

  async #complete(what: string, command: Command, run: Run): Promise<void> {
    const log = this.#logs.sink({ source: `${this.#node}.startup`, node: this.#node });
    const program = await run({ argv: argvOf(command), environment: {}, stdin: false });
    const output = pump(program, log);
    const exit = await within(what, setupMs, program.exit).catch((error: unknown) => {
      program.signal("SIGKILL");
      throw error;
    });
    await output.drained();
    log.flush();
    if (exit.exitCode === 0) return;
    const how = exit.signal === undefined ? `failed with exit code ${exit.exitCode}` : `was ended by ${exit.signal}`;
    throw labError("COMMAND_FAILED", { what, node: this.#node, how, lastLines: log.lastLines() });
  }
}
