import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { inNamespaces, type Namespace, openSocketPair, sendDescriptor } from "../../kernel/index.ts";
import { labError, type NetwrightError } from "../../topology/index.ts";
import { within } from "../deadline.ts";
import { GuestAgent } from "./agent/agent.ts";
import { commandLine } from "./command-line.ts";
import type { VmDescription } from "./description.ts";
import { LastLines } from "./last-lines.ts";
import { QmpClient } from "./qmp/client.ts";
import type { VmStorage } from "./storage.ts";

/** How QEMU ended. */
export type QemuEnd = { readonly exitCode: number | undefined; readonly signal: NodeJS.Signals | undefined };

export type QemuSurroundings = {
  /** The network QEMU itself is in: one without a way out. Its NICs are where their taps are. */
  readonly netns: Namespace;
  readonly storage: VmStorage;
  /** Of the NICs, in their order. Taps that were opened in the panel. */
  readonly taps: readonly number[];
  readonly environment: Readonly<Record<string, string>>;
  /** Puts QEMU into the node's control group, before it has the guest's memory. */
  readonly join?: (pid: number) => void;
};

/** From spawn to the first answer: QEMU has the guest's memory by then. */
const startMs = 30_000;

/** A QEMU that runs, with its two connections. It ends with the PID namespace it is in. */
export class Qemu {
  readonly qmp: QmpClient;
  /** The guest's first serial port. It stays open through resets. */
  readonly console: Socket;
  /** Where the machine has a port for it. */
  readonly agent: GuestAgent | undefined;
  /** Resolves when the process has ended and all it said is known. */
  readonly ended: Promise<QemuEnd>;
  readonly #child: ChildProcess;
  readonly #said: LastLines;

  private constructor(
    child: ChildProcess,
    { qmp, console, agent }: Pick<Qemu, "qmp" | "console" | "agent">,
    said: LastLines,
    ended: Promise<QemuEnd>,
  ) {
    this.#child = child;
    this.qmp = qmp;
    this.console = console;
    this.agent = agent;
    this.#said = said;
    this.ended = ended;
  }

  /**
   * Starts QEMU, with the guest's processors stopped.
   *
   * @throws PROGRAM_MISSING, VM_NOT_STARTED with what QEMU said
   */
  static async start(vm: VmDescription, { netns, storage, taps, environment, join }: QemuSurroundings): Promise<Qemu> {
    const [control, serial] = [openSocketPair(), openSocketPair()];
    const port = vm.guestAgent ? openSocketPair() : undefined;
    const inherited: number[] = [];
    /** The number in QEMU of one of our files. */
    const pass = (fd: number) => inherited.push(fd) + 2;
    const argv = commandLine(vm, {
      qmp: pass(control.theirs),
      console: pass(serial.theirs),
      ...(port === undefined ? {} : { agent: pass(port.theirs) }),
      taps: taps.map(pass),
      overlays: storage.disks.map(({ overlay }) => pass(overlay)),
      memory: pass(storage.memory),
      ...(storage.variables === undefined ? {} : { variables: pass(storage.variables) }),
      ...(storage.seed === undefined ? {} : { seed: pass(storage.seed) }),
    });
    const child = inNamespaces([netns], () =>
      spawn(vm.program, argv, {
        cwd: "/",
        detached: true,
        env: { ...environment },
        stdio: ["ignore", "ignore", "pipe", ...inherited],
      }),
    );
    if (child.pid !== undefined) join?.(child.pid);
    for (const { theirs } of [control, serial, ...(port === undefined ? [] : [port])]) closeSync(theirs);
    const said = new LastLines();
    const { promise: failed, reject } = Promise.withResolvers<never>();
    failed.catch(() => {});
    const ended = endOf(child, said, (error) => reject(error));
    const console = new Socket({ fd: serial.ours, readable: true, writable: true });
    console.on("error", () => console.destroy());
    console.pause();
    const agent =
      port === undefined
        ? undefined
        : new GuestAgent(vm.name, new Socket({ fd: port.ours, readable: true, writable: true }));
    const stream = new Socket({ fd: control.ours, readable: true, writable: true });
    const send = (data: Uint8Array, descriptor: number) => sendDescriptor(control.ours, data, descriptor);
    const opening = QmpClient.open(vm.name, { stream, sendDescriptor: send }, startMs);
    opening.catch(() => {});
    const ending = ended.then((end) => {
      throw labError("VM_NOT_STARTED", { node: vm.name, how: howEnded(end), lastLines: said.lines });
    });
    ending.catch(() => {});
    try {
      const lost = opening.catch(async (error: unknown) => {
        // Why it ended tells more than that the connection did.
        await within("QEMU's end", 1_000, ending).catch(rethrowUnlessLate);
        throw error;
      });
      const qmp = await Promise.race([lost, failed, ending]);
      return new Qemu(child, { qmp, console, agent }, said, ended);
    } catch (error) {
      child.kill("SIGKILL");
      stream.destroy();
      console.destroy();
      agent?.close();
      if (!isMissing(error)) throw error;
      throw labError(
        "PROGRAM_MISSING",
        {
          program: vm.program,
          needed: "virtual machines run by it",
          mend: "See how to install it with: netwright doctor",
        },
        { cause: error },
      );
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The newest lines of QEMU's standard error. */
  get lastLines(): readonly string[] {
    return this.#said.lines;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

export const howEnded = ({ exitCode, signal }: QemuEnd): string =>
  signal === undefined ? `ended with exit code ${exitCode ?? "unknown"}` : `was ended by ${signal}`;

function endOf(child: ChildProcess, said: LastLines, notStarted: (error: Error) => void): Promise<QemuEnd> {
  const { promise, resolve } = Promise.withResolvers<QemuEnd>();
  child.stderr?.setEncoding("utf8").on("data", (text: string) => said.push(text));
  child.once("error", (error) => {
    notStarted(error);
    resolve({ exitCode: 127, signal: undefined });
  });
  // After its standard error.
  child.once("close", (code, signal) => resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }));
  return promise;
}

/** EACCES: a folder of PATH is closed to this user, and the program is in none of the others (execvp(3)). */
const isMissing = (error: unknown): boolean =>
  ["ENOENT", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "");

function rethrowUnlessLate(error: unknown): void {
  if ((error as NetwrightError).code !== "TIMED_OUT") throw error;
}
