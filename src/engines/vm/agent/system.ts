import { setTimeout as pause } from "node:timers/promises";
import type { GuestAgent } from "./agent.ts";

/** How a program in the guest ended. Its signal, if one ended it, is in the exit code as shells have it. */
export type GuestEnd = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** Between two looks at whether a program has ended: soon at first, then not so often. */
const firstLookMs = 10;
const laterLookMs = 250;

/** What is done in a guest by its agent: programs, and files by handles. All throws what `GuestAgent.execute` does. */
export class GuestSystem {
  readonly #agent: GuestAgent;

  constructor(agent: GuestAgent) {
    this.#agent = agent;
  }

  /** Starts a program, as root. @returns its process id in the guest */
  async start([path, ...given]: readonly [string, ...string[]]): Promise<number> {
    const answer = await this.#agent.execute("guest-exec", { path, arg: given, "capture-output": true });
    return (answer as { readonly pid: number }).pid;
  }

  /** @returns undefined while it runs; once it has ended, this can be asked only once */
  async endOf(pid: number): Promise<GuestEnd | undefined> {
    const answer = (await this.#agent.execute("guest-exec-status", { pid })) as Readonly<Record<string, unknown>>;
    if (answer["exited"] !== true) return undefined;
    const text = (key: string) => Buffer.from(String(answer[key] ?? ""), "base64").toString("utf8");
    const { exitcode, signal } = answer as { readonly exitcode?: number; readonly signal?: number };
    return { exitCode: exitcode ?? 128 + (signal ?? 0), stdout: text("out-data"), stderr: text("err-data") };
  }

  /** Waits for a program. @param mayWait asked before each look; it ends the wait by throwing */
  async waitFor(pid: number, mayWait: () => void = () => undefined): Promise<GuestEnd> {
    for (let waitMs = firstLookMs; ; waitMs = Math.min(2 * waitMs, laterLookMs)) {
      const end = await this.endOf(pid);
      if (end !== undefined) return end;
      mayWait();
      await pause(waitMs);
    }
  }

  async run(argv: readonly [string, ...string[]]): Promise<GuestEnd> {
    return this.waitFor(await this.start(argv));
  }

  /** Runs a script of sh(1) with arguments, which are never a part of its text. */
  script(text: string, ...given: readonly string[]): Promise<GuestEnd> {
    return this.run(["/bin/sh", "-c", text, "sh", ...given]);
  }

  /** @param mode as of fopen(3). @returns its handle */
  async openFile(path: string, mode: "r" | "w"): Promise<number> {
    return Number(await this.#agent.execute("guest-file-open", { path, mode }));
  }

  /** @returns nothing at its end, for now */
  async readFile(handle: number, mostBytes: number): Promise<Buffer> {
    const answer = await this.#agent.execute("guest-file-read", { handle, count: mostBytes });
    return Buffer.from((answer as { readonly "buf-b64": string })["buf-b64"], "base64");
  }

  /** Goes to a place of the file; what has come to it since its end was met can be read then. */
  async seekFile(handle: number, offset: number): Promise<void> {
    await this.#agent.execute("guest-file-seek", { handle, offset, whence: "set" });
  }

  async writeFile(handle: number, bytes: Buffer): Promise<void> {
    await this.#agent.execute("guest-file-write", { handle, "buf-b64": bytes.toString("base64") });
  }

  /** What was written is in the file when this returns. */
  async closeFile(handle: number): Promise<void> {
    await this.#agent.execute("guest-file-close", { handle });
  }
}
