import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { pastaArguments, slirpArguments } from "../topology/index.ts";
import type { GateProblem, InternetAnswer } from "./contract.ts";

/** What cannot be done, to be told to the supervisor. */
export class Refusal extends Error {
  readonly problem: GateProblem;

  constructor(code: GateProblem["code"], details: GateProblem["details"]) {
    super(code);
    this.problem = { code, details };
  }
}

export type InternetOptions = {
  /** Of the supervisor, as seen from here. */
  readonly supervisor: number;
  readonly ended: (node: string, how: string) => void;
};

/**
 * The programs that give nodes a way to the outside: one pasta(1) each, in this process's network, which
 * makes an interface in the node's. They are in the sandbox's PID namespace as this process is, and end
 * with it.
 */
export class Internet {
  readonly #options: InternetOptions;
  readonly #running = new Map<string, ChildProcess>();

  constructor(options: InternetOptions) {
    this.#options = options;
  }

  /** @param netns the supervisor's descriptor of the node's network namespace */
  async start(node: string, netns: number, prefixes: readonly string[]): Promise<InternetAnswer> {
    const families = defaultRoutes();
    const usable = families.filter((family) => prefixes.some((prefix) => prefix.includes(":") === (family === 6)));
    if (usable.length === 0) throw new Refusal("INTERNET_NONE", { node });
    const path = `/proc/${this.#options.supervisor}/fd/${netns}`;
    const fd = openSync(path, "r");
    try {
      // A pasta that gives up its rights first cannot look at the supervisor's descriptors, only at its own; a newer
      // one keeps the right, and closes its own.
      const pasta = await this.#run(node, "pasta", pastaArguments("/proc/self/fd/3", prefixes, usable), fd, () =>
        this.#run(node, "pasta", pastaArguments(path, prefixes, usable), fd),
      );
      if (pasta !== undefined) return { program: "pasta", families: usable, pid: pasta };
      if (!usable.includes(4)) throw new Refusal("INTERNET_PROGRAM_MISSING", { node });
      const slirp = await this.#run(node, "slirp4netns", slirpArguments("/proc/self/fd/3", prefixes, 4), fd);
      if (slirp !== undefined) return { program: "slirp4netns", families: [4], pid: slirp };
      throw new Refusal("INTERNET_PROGRAM_MISSING", { node });
    } finally {
      closeSync(fd);
    }
  }

  end(node: string): void {
    const child = this.#running.get(node);
    this.#running.delete(node);
    child?.kill("SIGKILL");
  }

  /**
   * @param otherwise what to try when it cannot enter the namespace
   * @returns its pid, or undefined when it is not installed
   */
  async #run(
    node: string,
    program: "pasta" | "slirp4netns",
    argv: readonly string[],
    netns: number,
    otherwise?: () => Promise<number | undefined>,
  ): Promise<number | undefined> {
    const [file, ...rest] = [...this.#asSandboxRoot(), program, ...argv];
    if (file !== program && !isInstalled(program)) return undefined;
    const child = spawn(file as string, rest, { stdio: ["ignore", "pipe", "pipe", netns, "pipe"], cwd: "/" });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (data: Buffer) => {
        said = (said + data.toString()).slice(-4096);
      });
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    child.once("spawn", () => resolve(child.pid));
    child.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "ENOENT" ? resolve(undefined) : reject(error),
    );
    this.#running.set(node, child);
    child.once("close", (code, signal) => {
      if (this.#running.get(node) !== child) return;
      this.#running.delete(node);
      const cannotEnter = /open.*netns|network namespace/i.test(said);
      if (cannotEnter && otherwise !== undefined) void otherwise().catch(() => undefined);
      else this.#options.ended(node, `${program} ended (${signal ?? `exit code ${code}`})${lastWords(said)}`);
    });
    const pid = await promise;
    if (pid === undefined) this.#running.delete(node);
    return pid;
  }

  /** Root's labs have another root, with no rights on this machine: that is who it runs as. */
  #asSandboxRoot(): readonly string[] {
    const [own, theirs] = ["self", String(this.#options.supervisor)].map((pid) => readText(`/proc/${pid}/uid_map`));
    if (own === theirs) return [];
    return ["nsenter", `--user=/proc/${this.#options.supervisor}/ns/user`, "--setuid", "0", "--setgid", "0"];
  }
}

/** What it said last, without what it says of a syslog that is not there. */
function lastWords(said: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "" && !/syslog/.test(line));
  return lines.length === 0 ? "" : `: ${lines.slice(-3).join("; ")}`;
}

/** The families in which this machine has a default route: /proc/net/route and ipv6_route (proc_pid_net(5)). */
export function defaultRoutes(read: (path: string) => string = readText): readonly (4 | 6)[] {
  const rows = (path: string) =>
    read(path)
      .split("\n")
      .map((line) => line.trim().split(/\s+/));
  const v4 = rows("/proc/self/net/route").some(
    ([, destination, , , , , , mask]) => destination === "00000000" && mask === "00000000",
  );
  const isZero = (hex: string | undefined) => hex !== undefined && /^0+$/.test(hex);
  // A namespace without one has an entry that leads to loopback.
  const v6 = rows("/proc/self/net/ipv6_route").some((row) => isZero(row[0]) && row[1] === "00" && row[9] !== "lo");
  return [...(v4 ? [4 as const] : []), ...(v6 ? [6 as const] : [])];
}

function isInstalled(program: string): boolean {
  return (process.env["PATH"] ?? "").split(":").some((folder) => readable(`${folder}/${program}`));
}

function readable(path: string): boolean {
  try {
    closeSync(openSync(path, "r"));
    return true;
  } catch {
    return false;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
