import type { Program, ProgramRequest } from "../../engines/index.ts";
import { type Command, loginShell } from "../../topology/index.ts";
import type { LogStore } from "../log-store.ts";
import { argvOf } from "../processes/readiness.ts";
import { ConsoleHub } from "./hub.ts";
import { NodeTerminal } from "./terminal.ts";

export type NodeConsoleOptions = {
  readonly node: string;
  readonly logs: LogStore;
  readonly run: (request: ProgramRequest) => Promise<Program>;
  /** What runs on it; a login shell when absent. */
  readonly command: () => Command | undefined;
  /** The node has power, and its first process lives. */
  readonly isAlive: () => boolean;
};

/** The console of a node in which programs are run: a terminal, which is there from when it is first wanted. */
export class NodeConsole {
  readonly #options: NodeConsoleOptions;
  #hub: ConsoleHub | undefined;
  #terminal: Promise<NodeTerminal> | undefined;

  constructor(options: NodeConsoleOptions) {
    this.#options = options;
  }

  /** Made when it is first asked for: it has files of its own among the logs. */
  get hub(): ConsoleHub {
    const { node, logs } = this.#options;
    this.#hub ??= new ConsoleHub(
      node,
      logs.sink({ source: `${node}.console`, node }),
      `${logs.directory}/${node}.console.txt`,
    );
    return this.#hub;
  }

  get isWatched(): boolean {
    return this.#hub !== undefined && this.#hub.viewers > 0;
  }

  /** Starts what runs on it, if it does not run. @throws NODE_FAILED, COMMAND_NOT_STARTED */
  async start(): Promise<void> {
    this.#terminal ??= this.#begin();
    const terminal = this.#terminal;
    try {
      await terminal;
    } catch (error) {
      if (this.#terminal === terminal) this.#terminal = undefined;
      throw error;
    }
  }

  /** Ends what runs on it. It can be started again. */
  async end(): Promise<void> {
    const terminal = this.#terminal;
    this.#terminal = undefined;
    (await terminal?.catch(() => undefined))?.destroy();
  }

  async #begin(): Promise<NodeTerminal> {
    const { run, command, isAlive } = this.#options;
    const terminal = await NodeTerminal.start({
      run: (size) => {
        const wanted = command();
        return run({
          argv: wanted === undefined ? loginShell : argvOf(wanted),
          environment: { TERM: "xterm-256color" },
          stdin: true,
          terminal: size,
        });
      },
      goesOn: isAlive,
    });
    const started = this.#terminal;
    terminal.once("close", () => {
      if (this.#terminal === started) this.#terminal = undefined;
    });
    this.hub.connect(terminal);
    return terminal;
  }
}
