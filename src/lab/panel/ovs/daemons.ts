import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { within } from "../../../engines/index.ts";
import { labError } from "../../../topology/index.ts";
import type { LogSink } from "../../log-store.ts";
import { pause } from "../../pause.ts";

const startMs = 15_000;
const commandMs = 30_000;
const pollMs = 5;

export type OvsPremises = {
  /** Where the database and the sockets go: a folder of the sandbox's tmpfs, made here. */
  readonly folder: string;
  /** Called when the daemons are first needed. */
  readonly openLog: () => LogSink;
  /** A daemon ended that was to run: nothing is forwarded any more. */
  readonly ended: (program: string, how: string) => void;
};

type Ran = { readonly stdout: string; readonly stderr: string; readonly exitCode: number };

/**
 * How frames go. `system`: the kernel's module carries them. `netdev`: ovs-vswitchd itself does. `dummy`: the
 * same without a tap for each bridge, where /dev/net/tun is closed to this user.
 */
export type Datapath = "system" | "netdev" | "dummy";

/** The lab's ovsdb-server and ovs-vswitchd, one of each for all its switches, as children of this process. */
export class OvsDaemons {
  readonly #premises: OvsPremises;
  readonly #children: ChildProcess[] = [];
  #starting: Promise<Datapath> | undefined;
  #end: { readonly program: string; readonly how: string } | undefined;
  #ended = Promise.withResolvers<never>();
  #stopped = false;

  constructor(premises: OvsPremises) {
    this.#premises = premises;
    this.#ended.promise.catch(() => undefined);
  }

  /**
   * Starts them when they do not run yet.
   *
   * @param forSwitch whose need it is
   * @throws OVS_MISSING, OVS_NOT_STARTED
   */
  start(forSwitch: string): Promise<Datapath> {
    this.#starting ??= this.#start(forSwitch);
    return this.#starting;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Changes the configuration, in one transaction, and waits until it is in force. @throws OVS_REFUSED, OVS_ENDED */
  async configure(words: readonly string[]): Promise<void> {
    if (words.length === 0) return;
    const { exitCode, stderr } = await this.#asked("ovs-vsctl", [...this.#vsctl, ...words.slice(1)]);
    // That an interface cannot be had is told on standard error only.
    if (exitCode !== 0 || /Error detected/.test(stderr)) throw labError("OVS_REFUSED", { reason: tidy(stderr) });
  }

  /** Rows of a table of the database, by column. */
  async rows(table: string, columns: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const words = ["--format=json", `--columns=${columns.join(",")}`, "list", table];
    const { stdout } = await this.#asked("ovs-vsctl", [...this.#vsctl, ...words]);
    const { headings, data } = JSON.parse(stdout) as { headings: readonly string[]; data: readonly unknown[][] };
    return data.map((row) => Object.fromEntries(headings.map((heading, index) => [heading, plain(row[index])])));
  }

  /** What ovs-vswitchd answers a command of ovs-appctl(8). */
  async ask(...words: readonly string[]): Promise<string> {
    const { stdout } = await this.#asked("ovs-appctl", ["-t", this.#path("vswitchd.ctl"), ...words]);
    return stdout;
  }

  /** ovs-ofctl(8), which speaks OpenFlow with a bridge. */
  openflow(words: readonly string[], input: string): Promise<Ran> {
    return this.#asked("ovs-ofctl", words, input);
  }

  /** Where a bridge takes OpenFlow from its management. */
  managementOf(bridge: string): string {
    return `unix:${this.#path(`${bridge}.mgmt`)}`;
  }

  /** SIGKILL: what they have is in the sandbox. */
  stop(): void {
    this.#stopped = true;
    for (const child of this.#children) child.kill("SIGKILL");
  }

  get #vsctl(): readonly string[] {
    return [`--db=unix:${this.#path("db.sock")}`, "--timeout=20"];
  }

  async #start(forSwitch: string): Promise<Datapath> {
    const { folder } = this.#premises;
    mkdirSync(folder, { recursive: true });
    const log = this.#premises.openLog();
    const create = await this.#run("ovsdb-tool", ["create", this.#path("conf.db")], forSwitch);
    if (create.exitCode !== 0) throw notStarted("ovsdb-tool", `exit code ${create.exitCode}`, create.stderr);
    const quiet = ["--no-chdir", "-vsyslog:off", "-vconsole:warn"];
    const remote = `--remote=punix:${this.#path("db.sock")}`;
    this.#spawn("ovsdb-server", [this.#path("conf.db"), remote, `--unixctl=${this.#path("ovsdb.ctl")}`, ...quiet], log);
    const deadline = Date.now() + startMs;
    while (!existsSync(this.#path("db.sock"))) {
      this.#throwIfEnded(log);
      if (Date.now() > deadline) throw notStarted("ovsdb-server", `was not ready after ${startMs} ms`, "");
      await pause(pollMs);
    }
    const datapath = await this.#datapath();
    const settings = [
      // Super-frames go through whole, as between veth pairs.
      "other_config:userspace-tso-enable=true",
      // A lab's switches need no thread for each processor of a large machine.
      "other_config:n-handler-threads=1",
      "other_config:n-revalidator-threads=1",
    ];
    const words = ["--no-wait", "init", "--", "set", "Open_vSwitch", ".", ...settings];
    const ready = await this.#run("ovs-vsctl", [...this.#vsctl, ...words], forSwitch);
    if (ready.exitCode !== 0) throw notStarted("ovsdb-server", "does not answer", ready.stderr);
    const dummy = datapath === "dummy" ? ["--enable-dummy"] : [];
    const socket = `unix:${this.#path("db.sock")}`;
    this.#spawn("ovs-vswitchd", [socket, `--unixctl=${this.#path("vswitchd.ctl")}`, ...dummy, ...quiet], log);
    while (!existsSync(this.#path("vswitchd.ctl"))) {
      this.#throwIfEnded(log);
      if (Date.now() > deadline) throw notStarted("ovs-vswitchd", `was not ready after ${startMs} ms`, "");
      await pause(pollMs);
    }
    return datapath;
  }

  /** The kernel's where its module is loaded and lets itself be used in this sandbox. */
  async #datapath(): Promise<Datapath> {
    if (existsSync("/sys/module/openvswitch")) {
      const probe = "netwright-probe";
      const { exitCode } = await this.#run("ovs-dpctl", ["add-dp", probe]);
      if (exitCode === 0) await this.#run("ovs-dpctl", ["del-dp", probe]);
      if (exitCode === 0) return "system";
    }
    try {
      accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
      return "netdev";
    } catch {
      return "dummy";
    }
  }

  #spawn(program: string, words: readonly string[], log: LogSink): void {
    const child = spawn(program, words, { stdio: ["ignore", "ignore", "pipe"], env: this.#environment });
    child.stderr.on("data", (data: Buffer) => log.write("stderr", data));
    const end = (how: string) => {
      if (this.#stopped || this.#end !== undefined) return;
      this.#end = { program, how };
      this.#ended.reject(labError("OVS_ENDED", this.#end));
      this.#premises.ended(program, how);
    };
    child.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    child.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
    this.#children.push(child);
  }

  #throwIfEnded(log: LogSink): void {
    if (this.#end !== undefined) throw labError("OVS_NOT_STARTED", { ...this.#end, lastLines: log.lastLines() });
  }

  /** Asks daemons that run. @throws OVS_ENDED when they no longer do, or end meanwhile */
  async #asked(program: string, words: readonly string[], input = ""): Promise<Ran> {
    if (this.#end !== undefined) throw labError("OVS_ENDED", this.#end);
    return Promise.race([this.#run(program, words, "", input), this.#ended.promise]);
  }

  async #run(program: string, words: readonly string[], forSwitch = "", input = ""): Promise<Ran> {
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"], env: this.#environment });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (data: Buffer) => out.push(data));
    child.stderr.on("data", (data: Buffer) => err.push(data));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
    try {
      const exitCode = await within(program, commandMs, promise);
      return { exitCode, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
    } catch (error) {
      child.kill("SIGKILL");
      if ((error as NodeJS.ErrnoException).code === "ENOENT")
        throw labError("OVS_MISSING", { switch: forSwitch, program });
      throw error;
    }
  }

  get #environment(): NodeJS.ProcessEnv {
    const { folder } = this.#premises;
    // An ordinary user's PATH often lacks the folders of administration tools.
    const path = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
    return {
      ...process.env,
      PATH: path,
      OVS_RUNDIR: folder,
      OVS_DBDIR: folder,
      OVS_LOGDIR: folder,
      OVS_SYSCONFDIR: folder,
    };
  }

  #path(name: string): string {
    return `${this.#premises.folder}/${name}`;
  }
}

const notStarted = (program: string, how: string, stderr: string) =>
  labError("OVS_NOT_STARTED", { program, how, lastLines: stderr.trim().split("\n").slice(-5) });

const tidy = (stderr: string): string =>
  stderr
    .trim()
    .split("\n")
    .filter((line) => !line.includes("default log directory"))
    .map((line) => line.replace(/^ovs-\w+: /, "").replace(/ See ovs-vswitchd log for details\.$/, ""))
    .join("\n");

/** A value of the database's JSON (RFC 7047, section 5.1) as plain data. */
function plain(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const [kind, content] = value as [string, unknown];
  if (kind === "map")
    return Object.fromEntries(
      (content as [unknown, unknown][]).map(([key, item]) => [String(plain(key)), plain(item)]),
    );
  if (kind === "set") return (content as unknown[]).map(plain);
  return content;
}
