import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerEngine } from "../../src/containers/engine.ts";
import { engineAt } from "../../src/containers/find.ts";
import { answers, ended, killThoseAt } from "./service-process.ts";
import { boxImage, importImage } from "./test-images.ts";

/** Debian's podman as a service of root's, with everything of its own in a temporary folder. */
export class PodmanService implements AsyncDisposable {
  readonly socket: string;
  readonly engine: ContainerEngine;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder;
    this.#process = child;
    this.socket = join(folder, "podman.sock");
    this.engine = engineAt(this.socket);
  }

  /** Why none can be started here; undefined when one can. */
  static unavailable(): string | undefined {
    if (process.getuid?.() !== 0) return "a service of root's needs root";
    if (!existsSync("/usr/bin/podman")) return "podman is not installed (make setup-tests)";
    return undefined;
  }

  /** @throws with what it said, when it does not come up */
  static async start(): Promise<PodmanService> {
    const folder = mkdtempSync(join(tmpdir(), "nw-podman-"));
    // Its own limits may be more than this machine lets anyone have.
    const limits = '["nofile=1024:1024", "nproc=4096:4096"]';
    writeFileSync(join(folder, "containers.conf"), `[containers]\ndefault_ulimits = ${limits}\n`);
    const log = openSync(join(folder, "log"), "a");
    const socket = `unix://${join(folder, "podman.sock")}`;
    const child = spawn("/usr/bin/podman", [...optionsIn(folder), "system", "service", "--time=0", socket], {
      stdio: ["ignore", log, log],
      // conmon leaves a file where it was started.
      cwd: folder,
      env: environmentIn(folder),
    });
    closeSync(log);
    const service = new PodmanService(folder, child);
    try {
      await answers(service.engine, child, join(folder, "log"));
      await importImage(service.socket, "box:1", boxImage());
      return service;
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** All containers, as `NAME`. */
  async containers(): Promise<readonly string[]> {
    return (await this.engine.list({})).flatMap(({ Names }) => Names.map((name) => name.replace(/^\//, "")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await ended(this.#process);
    // Those that watched programs in containers stay for minutes after them.
    await killThoseAt(`${this.#folder}/`);
    const podman = [...optionsIn(this.#folder), "system", "reset", "--force"];
    execFileSync("/usr/bin/podman", podman, { stdio: ["ignore", "ignore", "pipe"], env: environmentIn(this.#folder) });
    for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n").toReversed()) {
      const mounted = line.split(" ")[4];
      if (mounted?.startsWith(this.#folder)) execFileSync("umount", ["--lazy", mounted]);
    }
    for (const controller of readdirSync("/sys/fs/cgroup"))
      removeGroups(join("/sys/fs/cgroup", controller, "libpod_parent"));
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** crun, which Podman prefers, runs nothing where both versions of cgroups have controllers. */
const optionsIn = (folder: string): readonly string[] => [
  ...["--root", join(folder, "data"), "--runroot", join(folder, "run"), "--tmpdir", join(folder, "tmp")],
  ...["--storage-driver", "overlay", "--cgroup-manager", "cgroupfs", "--runtime", "/usr/sbin/runc"],
];

const environmentIn = (folder: string): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"],
  HOME: folder,
  TMPDIR: folder,
  CONTAINERS_CONF: join(folder, "containers.conf"),
});

/** Empty control groups, which Podman leaves. One that somebody still uses stays. */
function removeGroups(group: string): void {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroups(join(group, entry.name));
  try {
    rmdirSync(group);
  } catch {
    // EBUSY
  }
}
