import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerEngine } from "../../src/containers/engine.ts";
import { engineAt } from "../../src/containers/find.ts";
import { answers, ended, killThoseAt } from "./service-process.ts";
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
    await answers(this.engine, this.#process, this.#log);
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

  stop(signal?: NodeJS.Signals): Promise<void> {
    return ended(this.#process, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    // What a killed daemon leaves running: every program of its own names its folder.
    await killThoseAt(`${this.#folder}/exec`);
    // What a killed daemon, or its containerd, leaves mounted.
    for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n").toReversed()) {
      const mounted = line.split(" ")[4];
      if (mounted?.startsWith(this.#folder)) execFileSync("umount", ["--lazy", mounted]);
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  get #log(): string {
    return join(this.#folder, "log");
  }
}
