import * as z from "zod";
import { Impairment } from "./impairment.ts";

/** What the lab API speaks of. Types come from the schemas; the OpenAPI document does too. */

export const LabState = z.enum(["starting", "running", "stopping"]);
export type LabState = z.infer<typeof LabState>;

export const ProcessState = z.enum(["waiting", "starting", "ready", "restarting", "stopping", "exited", "failed"]);
export type ProcessState = z.infer<typeof ProcessState>;

export const ProcessStatus = z.object({
  name: z.string(),
  node: z.string(),
  state: ProcessState,
  /** The pid as the node sees it is not known; this is the pid in the sandbox. */
  pid: z.int().optional(),
  exitCode: z.int().optional(),
  /** E.g. `SIGKILL`, when a signal ended it. */
  signal: z.string().optional(),
  restarts: z.int(),
  startedAt: z.iso.datetime().optional(),
  /** `process`: from the lab file. `service`: of the node's kind (e.g. ospfd of a router). */
  origin: z.enum(["process", "service"]),
});
export type ProcessStatus = z.infer<typeof ProcessStatus>;

/** `stop`: power off, programs asked to end first. `kill`: power off at once. `pause`: everything on it stands still. `reset`: of a virtual machine, its reset button. */
export const NodeAction = z.enum(["stop", "start", "restart", "kill", "pause", "resume", "reset"]);
export type NodeAction = z.infer<typeof NodeAction>;

export const NodeStatus = z.object({
  name: z.string(),
  kind: z.string(),
  /** `idle`: its namespace exists, nothing runs. `running`: it has an init. `failed`: its init died, or what forwards for a switch. `none`: a switch. */
  state: z.enum(["none", "idle", "running", "paused", "failed", "off"]),
  /** Of machines that are no namespaces. */
  engine: z.enum(["vm", "container"]).optional(),
  /** How a virtual machine that has power is run: at full speed, or emulated. */
  accelerator: z.enum(["kvm", "tcg"]).optional(),
  /** Of a switch: a Linux bridge, or Open vSwitch. */
  driver: z.enum(["bridge", "ovs"]).optional(),
  interfaces: z.array(
    z.object({
      name: z.string(),
      addresses: z.array(z.string()),
      mac: z.string().optional(),
      jack: z.string(),
      link: z.string().optional(),
      /** Of a switch that knows VLANs: those of the port, such as `vlan 10` or `trunk 10,20 native 10`. */
      vlans: z.string().optional(),
      /** The bond of a switch that the port is in. */
      bond: z.string().optional(),
    }),
  ),
  processes: z.int(),
});
export type NodeStatus = z.infer<typeof NodeStatus>;

/** What a node of a kind is configured with. */
export const NodeConfiguration = z.object({
  node: z.string(),
  /** Of the file, in the node. */
  path: z.string(),
  /** What is in force. */
  text: z.string(),
});
export type NodeConfiguration = z.infer<typeof NodeConfiguration>;

export const LinkStatus = z.object({
  id: z.string(),
  a: z.string(),
  b: z.string(),
  /** `kernel`: redirected from jack to jack. `bridge`: a port of a switch. `wire`: carried by the wire process. */
  medium: z.enum(["kernel", "bridge", "wire"]),
  /** Chosen by the user; absent: by what the impairments need. */
  forced: z.enum(["kernel", "wire"]).optional(),
  state: z.enum(["up", "down"]),
  mtu: z.int(),
  /** From `a` to `b`, and back, where it is impaired. */
  ab: Impairment.optional(),
  ba: Impairment.optional(),
  /** Directions that a partition takes; between machines only, as switches keep ports apart. */
  blocked: z.array(z.enum(["ab", "ba"])).optional(),
});
export type LinkStatus = z.infer<typeof LinkStatus>;

export const LabSummary = z.object({
  name: z.string(),
  state: LabState,
  /** Of the lab file, absolute; absent when the topology came from a program. */
  file: z.string().optional(),
  /** SHA-256 of the lab file and variables, to tell whether it changed since. */
  digest: z.string(),
  startedAt: z.iso.datetime(),
  /** As seen from outside the sandbox; 0 of labs of a server for a team, whose processes concern nobody elsewhere. */
  supervisorPid: z.int(),
  version: z.string(),
  mode: z.enum(["keep", "stop-on-failure", "wait-all-successful"]),
  nodes: z.int(),
  links: z.int(),
  processes: z.int(),
  /** Empty of labs of a server for a team. */
  logDirectory: z.string(),
});
export type LabSummary = z.infer<typeof LabSummary>;

/** A port of this machine that leads into a node. */
export const PortStatus = z.object({
  node: z.string(),
  protocol: z.enum(["tcp", "udp"]),
  /** Of this machine. */
  address: z.string(),
  /** Of this machine; the one that was free, where any was asked for. */
  hostPort: z.int(),
  port: z.int(),
  /** Where the node connects to, when not to itself. */
  to: z.string().optional(),
});
export type PortStatus = z.infer<typeof PortStatus>;

/** The verb and what follows it, as it is written; `heal` when everyone hears everyone. */
export const PartitionStatus = z.object({ words: z.array(z.string()) });
export type PartitionStatus = z.infer<typeof PartitionStatus>;

export const LabDetail = LabSummary.extend({
  /** Resident memory of the supervisor, in bytes. */
  supervisorMemoryBytes: z.int(),
  partition: PartitionStatus,
  nodeStatus: z.array(NodeStatus),
  linkStatus: z.array(LinkStatus),
  processStatus: z.array(ProcessStatus),
});
export type LabDetail = z.infer<typeof LabDetail>;

/** A node with the kernel's own view of it: what `ip -d -s -j` and `bridge -j` would say, read when asked. */
export const NodeDetail = NodeStatus.extend({
  hostname: z.string().optional(),
  root: z.string().optional(),
  /** What it may use: each limit, of what it is, and what enforces it. */
  limits: z
    .array(
      z.object({
        resource: z.enum(["cpus", "memory", "processes", "program-memory", "open-files"]),
        /** Processors, bytes, or a count. */
        most: z.number(),
        /** Now; of processors, their time so far in seconds. */
        used: z.number().optional(),
        of: z.string(),
        /** `nothing`, where the lab file allows that (resources.enforce). */
        enforcedBy: z.string(),
      }),
    )
    .optional(),
  kernel: z.record(z.string(), z.unknown()),
  /** What QEMU says of a virtual machine. */
  machine: z.record(z.string(), z.unknown()).optional(),
});
export type NodeDetail = z.infer<typeof NodeDetail>;

/** How the lab's processes ended, under its mode. */
export const Outcome = z.object({
  status: z.enum(["success", "failure"]),
  /** To be passed through: 0, the first failed process's exit code, or 128 + signal. */
  exitCode: z.int(),
  process: z.string().optional(),
  message: z.string().optional(),
});
export type Outcome = z.infer<typeof Outcome>;

export const LabEvent = z.object({
  /** Counts from 1 in each lab; replay from an id is exact. */
  id: z.int(),
  at: z.iso.datetime(),
  type: z.enum([
    "lab.starting",
    "lab.running",
    "lab.stopping",
    "lab.applied",
    "link.added",
    "link.removed",
    "link.down",
    "link.up",
    "link.impaired",
    "partition.set",
    "partition.healed",
    "fault.run.started",
    "fault.done",
    "fault.failed",
    "fault.run.ended",
    "wire.restarted",
    "gate.restarted",
    "internet.lost",
    "internet.restored",
    "capture.started",
    "capture.interrupted",
    "capture.resumed",
    "capture.ended",
    "step.done",
    "step.failed",
    "node.started",
    "node.failed",
    "node.changed",
    "node.out-of-memory",
    "process.started",
    "process.ready",
    "process.exited",
    "process.restarting",
    "process.failed",
    "outcome",
  ]),
  /** The node, process, link or lab it happened to. */
  subject: z.string(),
  message: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type LabEvent = z.infer<typeof LabEvent>;

export const LogLine = z.object({
  at: z.iso.datetime(),
  /** Absent for the supervisor's own log. */
  node: z.string().optional(),
  source: z.string(),
  stream: z.enum(["stdout", "stderr"]),
  /** One line without its newline; bytes that are not UTF-8 are replaced. */
  text: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

export const SourcePosition = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  length: z.int(),
  text: z.string(),
  path: z.string().optional(),
});

/** An error of the catalogue, as RFC 9457 problem details extended with the catalogue's code and remedy. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  remedy: z.string().optional(),
  at: SourcePosition.optional(),
  causes: z.array(z.string()).optional(),
  /** All that is wrong with what was sent, the first, which this is, included; where there are several. */
  errors: z
    .array(
      z.object({
        code: z.string(),
        message: z.string(),
        remedy: z.string().optional(),
        at: SourcePosition.optional(),
      }),
    )
    .optional(),
});
export type Problem = z.infer<typeof Problem>;
