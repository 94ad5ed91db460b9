import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ContainerEngine } from "../../src/containers/engine.ts";
import { engineAt } from "../../src/containers/find.ts";
import { boxImage, importImage } from "./test-images.ts";

/** Debian's dockerd, with everything of its own in a temporary folder, and no network at all. */
export class DockerDaemon implements AsyncDisposable {
  readonly socket: string;
  readonly engine: ContainerEngine;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.socket = join(folder, "docker.sock");
    this.engine = engineAt(this.socket);
  }

  /** Why none can be started here; undefined when one can. */
  static unavailable(): string | undefined {
    if (process.getuid?.() !== 0) return "dockerd needs root";
    if (!existsSync("/usr/sbin/dockerd")) return "docker.io is not installed (make setup)";
    return undefined;
  }

  /** @throws with the daemon's log, when it does not come up */
  static async start(): Promise<DockerDaemon> {
    const daemon = new DockerDaemon(mkdtempSync(join(tmpdir(), "nw-docker-")));
    try {
      await daemon.run();
      await importImage(daemon.socket, "box:1", boxImage());
      return daemon;
    } catch (error) {
      await daemon[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts it, or starts it again with what it had. */
  async run(): Promise<void> {
    const at = (name: string) => join(this.#folder, name);
    const log = openSync(this.#log, "a");
    this.#process = spawn(
      "/usr/sbin/dockerd",
      [
        ...["--host", `unix://${this.socket}`, "--data-root", at("data"), "--exec-root", at("exec")],
        ...["--pidfile", at("pid"), "--log-level", "warn"],
        ...["--iptables=false", "--ip6tables=false", "--bridge=none"],
      ],
      { stdio: ["ignore", log, log] },
    );
    closeSync(log);
    for (let waitedMs = 0; ; waitedMs += 100) {
      try {
        await this.engine.ping();
        return;
      } catch (error) {
        if (waitedMs > 60_000 || this.#process.exitCode !== null)
          throw new Error(`dockerd:\n${this.#lastLines}`, { cause: error });
        await sleep(100);
      }
    }
  }

  /** Lets a group, or one user, ask it. */
  allow(gid: number): void {
    chmodSync(this.#folder, 0o755);
    chownSync(this.socket, 0, gid);
    chmodSync(this.socket, 0o660);
  }

  /** All containers, as `NAME`. */
  async containers(): Promise<readonly string[]> {
    return (await this.engine.list({})).flatMap(({ Names }) => Names.map((name) => name.replace(/^\//, "")));
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const daemon = this.#process;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = new Promise((resolve) => daemon.once("exit", resolve));
    daemon.kill(signal);
    await Promise.race([gone, sleep(30_000).then(() => daemon.kill("SIGKILL"))]);
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    // What a killed daemon leaves running: every program of its own names its folder.
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`${this.#folder}/exec`))
          process.kill(Number(pid), "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
    // What a killed daemon, or its containerd, leaves mounted.
    for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n").toReversed()) {
      const mounted = line.split(" ")[4];
      if (mounted?.startsWith(this.#folder)) execFileSync("umount", ["--lazy", mounted]);
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  get #lastLines(): string {
    return existsSync(this.#log) ? readFileSync(this.#log, "utf8").split("\n").slice(-20).join("\n") : "";
  }

  get #log(): string {
    return join(this.#folder, "log");
  }
}
