import type { CaptureRequest, CaptureStatus } from "../api/capture.ts";
import type { ConsoleQuery } from "../api/console.ts";
import type { CountersLine } from "../api/counters.ts";
import type { ExecRequest } from "../api/exec.ts";
import type { FaultReport, FaultsRequest, FaultsStatus, FaultsStopped, FaultTimeline } from "../api/faults.ts";
import type { CopyResult } from "../api/files.ts";
import type { Impairment, LinkStatistics } from "../api/impairment.ts";
import type { LaunchReport } from "../api/launch.ts";
import type {
  LabDetail,
  LabEvent,
  LabSummary,
  LinkStatus,
  LogLine,
  NodeAction,
  NodeConfiguration,
  NodeDetail,
  NodeStatus,
  Outcome,
  PartitionStatus,
  PortStatus,
} from "../api/resources.ts";
import type { LinkVerification, VerifyRequest } from "../api/verification.ts";
import { labError } from "../topology/errors/error.ts";
import type { Lab } from "../topology/model.ts";
import type { LabAddress } from "./address.ts";
import type { ArchiveTarget } from "./archive-connection.ts";
import type { ConsoleStream } from "./console.ts";
import type { ExecSession } from "./exec.ts";
import type { CopyOptions, FileSource, NodeFile } from "./files.ts";
import type { Transport } from "./transport.ts";

export type LaunchPhase = Extract<LaunchReport, { type: "phase" }>;

/** A node that starts waits for its services and startup commands. */
const nodeActionMs = 5 * 60_000;
/** Of as much as its engine lets a container write. */
const imageMs = 15 * 60_000;

/** A link to add: as in a lab file. */
export type NewLink = {
  /** `node` or `node:interface`. */
  readonly endpoints: readonly [string, string];
  /** Prefixes that give each end an address. */
  readonly subnet?: string | readonly string[];
  readonly gateway?: string;
  readonly mtu?: number;
  readonly impairment?: Readonly<Record<string, unknown>>;
  readonly medium?: "auto" | "kernel" | "wire";
};

type Waiting = { readonly signal?: AbortSignal };

/**
 * A running lab. Every method throws the catalogue's error that the supervisor reports, and LAB_LOST
 * when the lab goes away during the call.
 */
export class LabClient {
  readonly name: string;
  readonly address: LabAddress;
  #transport: Promise<Transport> | undefined;

  constructor(name: string, address: LabAddress) {
    this.name = name;
    this.address = address;
  }

  /** Its socket; undefined for a lab of a server. */
  get socket(): string | undefined {
    return "socket" in this.address ? this.address.socket : undefined;
  }

  async summary(options: Waiting & { readonly timeoutMs?: number } = {}): Promise<LabSummary> {
    return { ...(await (await this.#calls()).call("labSummary", options)), name: this.name };
  }

  async detail(options: Waiting = {}): Promise<LabDetail> {
    // A server runs it under a longer name, which nobody has to know.
    return { ...(await (await this.#calls()).call("lab", options)), name: this.name };
  }

  /** The resolved lab. */
  async config(options: Waiting = {}): Promise<Lab> {
    return (await (await this.#calls()).call("config", options)) as Lab;
  }

  async node(node: string, options: Waiting = {}): Promise<NodeDetail> {
    return (await this.#calls()).call("node", { ...options, params: { node } });
  }

  /** Waits for the lab's outcome, however long it takes; `signal` ends the wait. */
  async outcome(options: Waiting = {}): Promise<Outcome> {
    return (await this.#calls()).call("outcome", { ...options, timeoutMs: Number.POSITIVE_INFINITY });
  }

  /** Asks the lab to stop, and does not wait for it (see `stopLab`). */
  async requestStop(options: Waiting & { readonly timeoutMs?: number } = {}): Promise<void> {
    await (await this.#calls()).tell("stop", options);
  }

  /** What happened from event `from` on, and with `follow` what happens, until the lab ends or `signal` aborts. */
  async *events(
    options: Waiting & { readonly from?: number; readonly follow?: boolean } = {},
  ): AsyncGenerator<LabEvent, void, undefined> {
    const { signal, ...query } = options;
    const events = (await this.#calls()).stream("events", { query, ...(signal === undefined ? {} : { signal }) });
    for await (const event of events) yield underName(event, this.name);
  }

  /** What passes on the links, once a second, until the lab ends or `signal` aborts. */
  async *counters(options: Waiting = {}): AsyncGenerator<CountersLine, void, undefined> {
    yield* (await this.#calls()).stream("counters", options);
  }

  /** Output of programs: of a node, a process, or all; the newest `tail` lines only when given. */
  async *logs(
    options: Waiting & { readonly of?: string; readonly follow?: boolean; readonly tail?: number } = {},
  ): AsyncGenerator<LogLine, void, undefined> {
    const { signal, ...query } = options;
    yield* (await this.#calls()).stream("logs", { query, ...(signal === undefined ? {} : { signal }) });
  }

  /**
   * Turns the lab into `lab`, which has the same name; what does not differ is not touched.
   *
   * @param change.digest as for `startLab`
   * @throws what failed, one NetwrightError or an AggregateError of several; the lab then is as it was
   */
  async apply(
    change: { readonly lab: Lab; readonly digest: string; readonly file?: string },
    options: Waiting & { readonly onPhase?: (phase: LaunchPhase) => void } = {},
  ): Promise<LabSummary> {
    const { onPhase, ...waiting } = options;
    const calls = await this.#calls();
    for await (const report of calls.stream("apply", {
      ...waiting,
      body: change,
      timeoutMs: Number.POSITIVE_INFINITY,
    })) {
      if (report.type === "phase") onPhase?.(report);
      if (report.type === "running") return report.summary;
      if (report.type === "failed") {
        const { errorFromAll } = await import("./problems.ts");
        const { withPortOwner } = await import("./launch/port-owner.ts");
        throw withPortOwner(errorFromAll(report.errors), change.lab);
      }
    }
    throw labError("LAB_LOST", { lab: this.name, detail: "it went away while it was changed" });
  }

  /** Cuts a link, by its id, or plugs it in again. */
  async setLink(link: string, state: "up" | "down", options: Waiting = {}): Promise<LinkStatus> {
    return (await this.#calls()).call("setLink", { ...options, params: { link }, body: { state } });
  }

  /** Replaces the impairment of a link's directions, `ab` from its end `a` to its end `b`; an empty one clears it. */
  async impairLink(
    link: string,
    change: { readonly ab?: Impairment; readonly ba?: Impairment; readonly medium?: "auto" | "kernel" | "wire" },
    options: Waiting = {},
  ): Promise<LinkStatus> {
    return (await this.#calls()).call("impairLink", { ...options, params: { link }, body: change });
  }

  /**
   * Measures a link with probe frames, which other traffic on it disturbs and is disturbed by, and
   * compares it with what is asked of it. That it is out of tolerance is no error, but its `verdict`.
   *
   * @param options.onProgress the share that is done, from 0 to 1; a second attempt begins anew
   * @throws LINK_NOT_MEASURABLE, LINK_CHANGED_MEANWHILE, PROBE_FAILED, VERIFY_BROKEN_OFF
   */
  async verifyLink(
    link: string,
    request: VerifyRequest = {},
    options: Waiting & { readonly onProgress?: (share: number) => void } = {},
  ): Promise<LinkVerification> {
    const { onProgress, ...waiting } = options;
    const calls = await this.#calls();
    const reports = calls.stream("verifyLink", {
      ...waiting,
      params: { link },
      body: request,
      timeoutMs: Number.POSITIVE_INFINITY,
    });
    for await (const report of reports) {
      if (report.type === "progress") onProgress?.(report.share);
      if (report.type === "verified") return report.verification;
      if (report.type === "failed") {
        const { errorFromAll } = await import("./problems.ts");
        throw errorFromAll(report.errors);
      }
    }
    throw labError("VERIFY_BROKEN_OFF", { link });
  }

  /** What an impaired link did to its frames so far. */
  async linkStatistics(link: string, options: Waiting = {}): Promise<LinkStatistics> {
    return (await this.#calls()).call("linkStatistics", { ...options, params: { link } });
  }

  /** Adds a link, as the long form of a lab file says it. */
  async addLink(link: NewLink, options: Waiting = {}): Promise<LinkStatus> {
    return (await this.#calls()).call("addLink", { ...options, body: link });
  }

  /** Removes a link; interfaces of machines stay. */
  async removeLink(link: string, options: Waiting = {}): Promise<void> {
    await (await this.#calls()).call("removeLink", { ...options, params: { link } });
  }

  /** Partitions the lab, or heals it. @param words the verb and what follows it, e.g. `["isolate", "h1"]` */
  async partition(words: readonly string[], options: Waiting = {}): Promise<PartitionStatus> {
    return (await this.#calls()).call("partition", { ...options, body: { words: [...words] } });
  }

  /**
   * Runs a fault schedule and reports on it, until its end, or with `detach` until it has begun. Leaving
   * early, or an abort, stops a run that is not detached.
   *
   * @throws what is wrong with the schedule, one NetwrightError or an AggregateError of several; nothing is done then
   */
  async *runFaults(
    request: FaultsRequest,
    options: Waiting = {},
  ): AsyncGenerator<Exclude<FaultReport, { type: "refused" }>, void, undefined> {
    for await (const report of (await this.#calls()).stream("runFaults", { ...options, body: request })) {
      if (report.type !== "refused") {
        yield report;
        continue;
      }
      const { errorFromAll } = await import("./problems.ts");
      throw errorFromAll(report.errors);
    }
  }

  /** What a run has done, and is still to do. */
  async faultTimeline(run: number, options: Waiting = {}): Promise<FaultTimeline> {
    return (await this.#calls()).call("faultTimeline", { ...options, params: { run: String(run) } });
  }

  /** What a fault schedule would do: that of the lab file, or one that is given. */
  async planFaults(request: Omit<FaultsRequest, "detach"> = {}, options: Waiting = {}): Promise<FaultTimeline> {
    return (await this.#calls()).call("planFaults", { ...options, body: request });
  }

  /** The runs of fault schedules so far. */
  async faults(options: Waiting = {}): Promise<FaultsStatus> {
    return (await this.#calls()).call("faults", options);
  }

  /** Stops the run of a fault schedule; with `heal`, ends what runs have left in force. @throws FAULTS_NOT_RUNNING */
  async stopFaults(options: Waiting & { readonly heal?: boolean } = {}): Promise<FaultsStopped> {
    const { heal = false, ...waiting } = options;
    return (await this.#calls()).call("stopFaults", { ...waiting, timeoutMs: nodeActionMs, query: { heal } });
  }

  /** Stops, starts, restarts, kills, pauses or resumes a node. */
  async actOnNode(node: string, action: NodeAction, options: Waiting = {}): Promise<NodeStatus> {
    return (await this.#calls()).call("nodeAction", {
      ...options,
      timeoutMs: nodeActionMs,
      params: { node },
      body: { action },
    });
  }

  /**
   * Starts a capture. Resolves when frames are being captured; without a file, `captureStream` must follow
   * within ten seconds.
   */
  async startCapture(request: CaptureRequest, options: Waiting = {}): Promise<CaptureStatus> {
    return (await this.#calls()).call("startCapture", { ...options, body: request });
  }

  /** Captures that run, and the last that ended. */
  async captures(options: Waiting = {}): Promise<readonly CaptureStatus[]> {
    return (await (await this.#calls()).call("captures", options)).captures;
  }

  /** Resolves when all that passed until now is in the capture. */
  async stopCapture(capture: string, options: Waiting = {}): Promise<CaptureStatus> {
    return (await this.#calls()).call("stopCapture", { ...options, params: { capture } });
  }

  /**
   * What a capture takes, in pcapng, while it takes it. Every piece is made of whole blocks, so that what
   * was written is a file whenever it breaks off. Leaving the loop ends the capture.
   *
   * @returns its end, with all counts
   */
  async *captureStream(capture: string, options: Waiting = {}): AsyncGenerator<Buffer, CaptureStatus, undefined> {
    const { PcapngBlocks } = await import("../api/pcapng-blocks.ts");
    const blocks = new PcapngBlocks();
    const calls = await this.#calls();
    const pieces = calls.bytes("captureStream", { ...options, params: { capture } });
    try {
      for (;;) {
        const next = await pieces.next();
        if (next.done) return next.value ?? (await calls.call("capture", { ...options, params: { capture } }));
        const whole = blocks.push(next.value);
        if (whole.length > 0) yield whole;
      }
    } finally {
      // Where the loop was left: the value is nobody's.
      await pieces.return(undefined as never);
    }
  }

  /** Ports of this machine that lead into nodes. @param node of this one only */
  async ports(node?: string, options: Waiting = {}): Promise<readonly PortStatus[]> {
    const query = node === undefined ? {} : { node };
    return (await (await this.#calls()).call("ports", { ...options, query })).ports;
  }

  /** Saves disks and memory of a virtual machine under a name, for as long as it is in the lab, or puts them back. */
  async snapshotNode(
    node: string,
    action: "save" | "restore",
    name: string,
    options: Waiting = {},
  ): Promise<NodeStatus> {
    return (await this.#calls()).call("snapshotNode", {
      ...options,
      timeoutMs: nodeActionMs,
      params: { node },
      body: { action, name },
    });
  }

  /**
   * Saves a container as an image of its engine.
   *
   * @param name as references have it: `docker.io/team/web:v2`
   * @throws COMMIT_UNSUPPORTED, CONTAINER_ENGINE_REFUSED
   */
  async saveImage(
    node: string,
    name: string,
    comment: string,
    options: Waiting = {},
  ): Promise<{ readonly id: string }> {
    return (await this.#calls()).call("saveImage", {
      ...options,
      timeoutMs: imageMs,
      params: { node },
      body: { name, comment },
    });
  }

  /** Opens the console of a node: the serial one of a virtual machine, a terminal of any other. */
  async console(node: string, query: ConsoleQuery = {}): Promise<ConsoleStream> {
    const { openConsole } = await import("./console.ts");
    return openConsole(this.name, this.address, node, query);
  }

  /** The configuration of a node that is in force. @throws CONFIG_NONE */
  async nodeConfig(node: string, options: Waiting = {}): Promise<NodeConfiguration> {
    return (await this.#calls()).call("nodeConfig", { ...options, timeoutMs: nodeActionMs, params: { node } });
  }

  /**
   * Gives a running node another configuration; without a text, that of the lab file.
   *
   * @throws CONFIG_REFUSED with what the node said; it then has what it had
   */
  async setNodeConfig(node: string, text?: string, options: Waiting = {}): Promise<NodeConfiguration> {
    return (await this.#calls()).call("setNodeConfig", {
      ...options,
      timeoutMs: nodeActionMs,
      params: { node },
      body: text === undefined ? {} : { text },
    });
  }

  /** Runs a command in a node. */
  async exec(node: string, request: ExecRequest): Promise<ExecSession> {
    const { exec } = await import("./exec.ts");
    return exec(this.name, this.address, node, request);
  }

  /**
   * Copies a file or a folder of this machine into a node, where cp(1) would put it: into a folder that is
   * there, else under the name that is given. Permissions and times are kept, links stay links.
   *
   * @param from `/.` at its end: what is in the folder
   * @throws COPY_SOURCE_NOT_FOUND, COPY_NO_FOLDER, COPY_FAILED, …; COPY_UNSUPPORTED for nodes without a reachable file system
   */
  async copyTo(from: string, node: string, to: string, options: CopyOptions = {}): Promise<CopyResult> {
    const { copyTo } = await import("./files.ts");
    return copyTo(this.#files(node), { path: from, directory: process.cwd() }, to, options);
  }

  /**
   * Copies a file or a folder of a node to this machine, as `copyTo`. Nothing is written outside `to`,
   * whatever is in the node.
   */
  async copyFrom(node: string, from: string, to: string, options: CopyOptions = {}): Promise<CopyResult> {
    const { copyFrom } = await import("./files.ts");
    return copyFrom(this.#files(node), from, { path: to, directory: process.cwd() }, options);
  }

  /** Puts one file into a folder of a node, of bytes that come from elsewhere. */
  async putFile(node: string, folder: string, file: FileSource, options: Waiting = {}): Promise<CopyResult> {
    const { putFile } = await import("./files.ts");
    return putFile(this.#files(node), folder, file, options);
  }

  /** Reads one file of a node. */
  async getFile(node: string, path: string, options: Waiting = {}): Promise<NodeFile> {
    const { getFile } = await import("./files.ts");
    return getFile(this.#files(node), path, options);
  }

  /** Copies a file or a folder of one node to another. */
  async copyBetween(
    from: { readonly node: string; readonly path: string },
    to: { readonly node: string; readonly path: string },
    options: CopyOptions = {},
  ): Promise<CopyResult> {
    const { copyBetween } = await import("./files.ts");
    return copyBetween(
      { ...this.#files(from.node), path: from.path },
      { ...this.#files(to.node), path: to.path },
      options,
    );
  }

  /**
   * Gives a file or a folder of a node as a tar archive to `take`, piece by piece; a piece is valid until
   * `take` resolves.
   */
  async exportFiles(
    node: string,
    from: string,
    take: (piece: Buffer) => Promise<void>,
    options: CopyOptions = {},
  ): Promise<CopyResult> {
    const { exportFiles } = await import("./files.ts");
    return exportFiles(this.#files(node), from, take, options);
  }

  /** Unpacks a tar archive in a folder of a node. @throws ARCHIVE_BAD, COPY_REFUSED */
  async importFiles(
    archive: AsyncIterable<Uint8Array>,
    node: string,
    to: string,
    options: CopyOptions = {},
  ): Promise<CopyResult> {
    const { importFiles } = await import("./files.ts");
    return importFiles(this.#files(node), archive, to, options);
  }

  /**
   * Gives what a node has changed above its image to `take`, piece by piece, as a layer of an image.
   *
   * @param options.latest seconds since 1970: what changed later is said to have changed then
   * @throws IMAGE_NODE_NEEDED, COMMIT_UNSUPPORTED
   */
  async exportChanges(
    node: string,
    take: (piece: Buffer) => Promise<void>,
    options: CopyOptions & { readonly latest?: number } = {},
  ): Promise<CopyResult> {
    const { exportChanges } = await import("./files.ts");
    return exportChanges(this.#files(node), take, options);
  }

  #files(node: string): ArchiveTarget {
    return { lab: this.name, address: this.address, node };
  }

  #calls(): Promise<Transport> {
    this.#transport ??= import("./transport.ts").then(({ Transport }) => new Transport(this.name, this.address));
    return this.#transport;
  }
}

/** What happened to a lab as a whole, under the name that it is known by here. */
const underName = (event: LabEvent, name: string): LabEvent =>
  event.type.startsWith("lab.") && event.subject !== name
    ? { ...event, subject: name, message: event.message.replaceAll(event.subject, name) }
    : event;
