import * as z from "zod";
import { CaptureRequest, CaptureStatus } from "./capture.ts";
import { ConsoleQuery } from "./console.ts";
import { CountersLine } from "./counters.ts";
import { endpoints } from "./endpoints.ts";
import { FaultReport, FaultsRequest, FaultsStatus, FaultsStopped, FaultTimeline } from "./faults.ts";
import { ReadChangesQuery, ReadFilesQuery, WriteFilesQuery } from "./files.ts";
import { Impairment, LinkStatistics } from "./impairment.ts";
import { ApplyRequest, LaunchReport } from "./launch.ts";
import {
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
} from "./resources.ts";
import { VerifyReport, VerifyRequest } from "./verification.ts";

/**
 * The lab API: every route the supervisor serves on its socket. Servers register them and clients
 * call them from this one table. `ndjson`: the response is one JSON object a line, until the end.
 * `bytes`: it is bytes, until the end, and the trailer field `resultTrailer` has the result, as JSON
 * that is percent-encoded. `archive`: see files.ts.
 */
export type Route = {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** JSON. */
  readonly body?: z.ZodObject;
  readonly response: z.ZodType;
  readonly kind: "json" | "ndjson" | "bytes" | "websocket" | "archive";
};

const follow = z.stringbool().default(false);

export const routes = {
  /** Without the detail: cheap, for `ps` over many labs. */
  labSummary: { ...endpoints.labSummary, summary: "The lab in short", response: LabSummary },
  lab: { ...endpoints.lab, summary: "The lab with its nodes, links and processes", response: LabDetail },
  /** Answers at once; the lab is gone when the socket closes. Processes get their stop signal and grace period first. */
  stop: { ...endpoints.stop, summary: "Take the lab down", response: z.object({ state: z.literal("stopping") }) },
  /** Turns the running lab into another; what does not differ is not touched. The last report is `running` or `failed`. */
  apply: { ...endpoints.apply, summary: "Apply an edited lab file", body: ApplyRequest, response: LaunchReport },
  /** As a link of the lab file, in its long form; what is wrong is told as for a lab file. */
  addLink: {
    ...endpoints.addLink,
    summary: "Add a link, with new interfaces where its ends have none free",
    body: z.object({
      endpoints: z.array(z.string()).length(2).readonly(),
      subnet: z.union([z.string(), z.array(z.string()).readonly()]).exactOptional(),
      gateway: z.string().exactOptional(),
      mtu: z.int().exactOptional(),
      impairment: z.record(z.string(), z.unknown()).readonly().exactOptional(),
      medium: z.enum(["auto", "kernel", "wire"]).exactOptional(),
    }),
    response: LinkStatus,
  },
  /** Interfaces of machines stay, without a cable; ports of switches go. */
  removeLink: {
    ...endpoints.removeLink,
    summary: "Remove a link",
    params: z.object({ link: z.string() }),
    response: z.object({ id: z.string() }),
  },
  setLink: {
    ...endpoints.setLink,
    summary: "Cut a link or plug it in again",
    params: z.object({ link: z.string() }),
    body: z.object({ state: z.enum(["up", "down"]) }),
    response: LinkStatus,
  },
  impairLink: {
    ...endpoints.impairLink,
    summary: "Replace the impairment of a link's directions, an empty one clearing it, and its medium",
    params: z.object({ link: z.string() }),
    body: z.object({
      ab: Impairment.exactOptional(),
      ba: Impairment.exactOptional(),
      /** `auto`: the kernel where it can do everything that is asked, else a wire. */
      medium: z.enum(["auto", "kernel", "wire"]).exactOptional(),
    }),
    response: LinkStatus,
  },
  linkStatistics: {
    ...endpoints.linkStatistics,
    summary: "What an impaired link did to its frames so far",
    params: z.object({ link: z.string() }),
    response: LinkStatistics,
  },
  /** Measures one link at a time; those that come meanwhile wait. */
  verifyLink: {
    ...endpoints.verifyLink,
    summary: "Measure a link and compare it with what is asked of it",
    params: z.object({ link: z.string() }),
    body: VerifyRequest,
    response: VerifyReport,
  },
  /** Replaces the partition in force; `heal` ends it. No pair that both keep apart talks in between. */
  partition: {
    ...endpoints.partition,
    summary: "Partition the lab, or heal it",
    body: z.object({ words: z.array(z.string()).min(1) }),
    response: PartitionStatus,
  },
  /** The last report is `refused`, `ended`, or with `detach` `started`. */
  runFaults: {
    ...endpoints.runFaults,
    summary: "Run a fault schedule, and report on it",
    body: FaultsRequest,
    response: FaultReport,
  },
  faults: { ...endpoints.faults, summary: "The runs of fault schedules", response: FaultsStatus },
  faultTimeline: {
    ...endpoints.faultTimeline,
    summary: "What a run of a fault schedule has done, and is still to do",
    params: z.object({ run: z.coerce.number().int().min(1) }),
    response: FaultTimeline,
  },
  planFaults: {
    ...endpoints.planFaults,
    summary: "Tell what a fault schedule would do",
    body: FaultsRequest,
    response: FaultTimeline,
  },
  /** Faults stay in force; with `heal`, those that runs have left in force are ended. */
  stopFaults: {
    ...endpoints.stopFaults,
    summary: "Stop the fault schedule that is being run",
    query: z.object({ heal: z.stringbool().default(false) }),
    response: FaultsStopped,
  },
  nodeAction: {
    ...endpoints.nodeAction,
    summary: "Stop, start, restart, kill, pause or resume a node",
    params: z.object({ node: z.string() }),
    body: z.object({ action: NodeAction }),
    response: NodeStatus,
  },
  /** Of one node, or of all. */
  ports: {
    ...endpoints.ports,
    summary: "Ports of this machine that lead into nodes",
    query: z.object({ node: z.string().optional() }),
    response: z.object({ ports: z.array(PortStatus) }),
  },
  /** The resolved lab (the `Lab` type of the topology module). */
  config: { ...endpoints.config, summary: "The resolved lab file", response: z.unknown() },
  node: {
    ...endpoints.node,
    summary: "A node with the kernel's view of it",
    params: z.object({ node: z.string() }),
    response: NodeDetail,
  },
  console: {
    ...endpoints.console,
    summary: "Open the console of a node (see ConsoleQuery)",
    params: z.object({ node: z.string() }),
    query: ConsoleQuery,
    response: z.unknown(),
  },
  snapshotNode: {
    ...endpoints.snapshotNode,
    summary: "Save disks and memory of a virtual machine under a name, or put them back",
    params: z.object({ node: z.string() }),
    body: z.object({ action: z.enum(["save", "restore"]), name: z.string().min(1).max(100) }),
    response: NodeStatus,
  },
  saveImage: {
    ...endpoints.saveImage,
    summary: "Save a container as an image of its engine",
    params: z.object({ node: z.string() }),
    body: z.object({ name: z.string().max(500), comment: z.string().max(1000).default("") }),
    response: z.object({ id: z.string() }),
  },
  nodeConfig: {
    ...endpoints.nodeConfig,
    summary: "The configuration of a node that is in force",
    params: z.object({ node: z.string() }),
    response: NodeConfiguration,
  },
  /** Checked first, where the kind can. When it is refused, the node has what it had. */
  setNodeConfig: {
    ...endpoints.setNodeConfig,
    summary: "Give a running node another configuration, or that of the lab file",
    params: z.object({ node: z.string() }),
    body: z.object({
      /** Absent: what the lab file says. */
      text: z.string().exactOptional(),
    }),
    response: NodeConfiguration,
  },
  exec: {
    ...endpoints.exec,
    summary: "Run a command in a node (see ExecRequest)",
    params: z.object({ node: z.string() }),
    response: z.unknown(),
  },
  /** Its name in the archive is the last part of `path`. */
  readFiles: {
    ...endpoints.readFiles,
    summary: "Fetch a file or folder of a node, as a tar archive (see files.ts)",
    params: z.object({ node: z.string() }),
    query: ReadFilesQuery,
    response: z.unknown(),
  },
  writeFiles: {
    ...endpoints.writeFiles,
    summary: "Unpack a tar archive in a node (see files.ts)",
    params: z.object({ node: z.string() }),
    query: WriteFilesQuery,
    response: z.unknown(),
  },
  /** With whiteouts, as a layer of an image has them (OCI image specification, layer.md). */
  readChanges: {
    ...endpoints.readChanges,
    summary: "Fetch what a node has changed above the layers of its image, as the next one (see files.ts)",
    params: z.object({ node: z.string() }),
    query: ReadChangesQuery,
    response: z.unknown(),
  },
  /** Waits until the mode decides; in mode `keep`, until every process has ended. */
  outcome: { ...endpoints.outcome, summary: "Wait for the lab's outcome", response: Outcome },
  /** Answers when frames are being captured. */
  startCapture: {
    ...endpoints.startCapture,
    summary: "Start a capture",
    body: CaptureRequest,
    response: CaptureStatus,
  },
  captures: {
    ...endpoints.captures,
    summary: "Captures that run, and the last that ended",
    response: z.object({ captures: z.array(CaptureStatus) }),
  },
  capture: {
    ...endpoints.capture,
    summary: "A capture with its counts",
    params: z.object({ capture: z.string() }),
    response: CaptureStatus,
  },
  /** Answers when all that passed until now is in the capture. */
  stopCapture: {
    ...endpoints.stopCapture,
    summary: "Stop a capture",
    params: z.object({ capture: z.string() }),
    response: CaptureStatus,
  },
  /** Once. The capture ends with whoever reads it. */
  captureStream: {
    ...endpoints.captureStream,
    summary: "What a capture takes, in pcapng, while it takes it",
    params: z.object({ capture: z.string() }),
    response: CaptureStatus,
  },
  counters: {
    ...endpoints.counters,
    summary: "What passes on the links, once a second",
    response: CountersLine,
  },
  events: {
    ...endpoints.events,
    summary: "What happened, from an id on, and what happens",
    query: z.object({ from: z.coerce.number().int().min(1).default(1), follow }),
    response: LabEvent,
  },
  logs: {
    ...endpoints.logs,
    summary: "Output of processes, services and startup commands",
    query: z.object({
      /** Nodes, processes or services, with commas between; absent: all. */
      of: z.string().optional(),
      follow,
      /** Only the last so many lines of what is there already. */
      tail: z.coerce.number().int().min(0).optional(),
    }),
    response: LogLine,
  },
} as const satisfies Record<string, Route>;

export type Routes = typeof routes;
export type RouteName = keyof Routes;
