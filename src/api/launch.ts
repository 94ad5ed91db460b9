import * as z from "zod";
import { LabSummary, SourcePosition } from "./resources.ts";

/** The control group of all nodes of a lab, by controller, which belongs to the lab (cgroups(7)). */
export const GroupSettings = z.object({
  version: z.literal([1, 2]),
  folders: z.partialRecord(z.enum(["cpu", "memory", "pids", "cpuacct"]), z.string()),
});
export type GroupSettings = z.infer<typeof GroupSettings>;

/**
 * How a launcher starts a supervisor: one LaunchRequest as JSON on standard input, then LaunchReports
 * as JSON lines on file descriptor 3 until `running` or `failed`. A launcher that goes away before
 * (the descriptor closes) makes the supervisor undo everything and end.
 */
export const LaunchRequest = z.object({
  /** The resolved lab (topology module), already validated. */
  lab: z.unknown(),
  file: z.string().optional(),
  digest: z.string(),
  socket: z.string(),
  logDirectory: z.string(),
  version: z.string(),
  /** Every random draw of the lab's links comes from it; absent: one is drawn. It is in the event `lab.starting`. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 48 - 1)
    .optional(),
  /**
   * The lab belongs to its launcher: it does not end by its mode, so that its outcome can be asked for,
   * and it ends when the launcher goes away (file descriptor 3 closes), whenever that is.
   */
  attended: z.boolean().default(false),
  groups: GroupSettings.optional(),
  /** Of a lab with containers: where their engine is, and the like (YardSettings of the engines module). */
  containers: z.unknown().optional(),
  /** How much goes to debug.log in the log directory. */
  logLevel: z.enum(["debug", "info", "error"]).default("debug"),
});
export type LaunchRequest = z.input<typeof LaunchRequest>;

/** What `apply` sends: the lab as it should be, resolved and validated, under the name it has. */
export const ApplyRequest = z.object({ lab: z.unknown(), file: z.string().optional(), digest: z.string() });
export type ApplyRequest = z.input<typeof ApplyRequest>;

export const ErrorReportSchema = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string().optional(),
  at: SourcePosition.optional(),
  causes: z.array(z.string()).readonly().optional(),
});

/** A phase is what a person sees: "Create 12 nodes". */
export const LaunchReport = z.discriminatedUnion("type", [
  z.object({ type: z.literal("phase"), phase: z.string(), done: z.int(), total: z.int() }),
  z.object({ type: z.literal("running"), summary: LabSummary }),
  z.object({ type: z.literal("failed"), errors: z.array(ErrorReportSchema) }),
]);
export type LaunchReport = z.infer<typeof LaunchReport>;

/** `lab.json` in the runtime folder: who owns the lab, readable without asking it. */
export const LabRecord = z.object({
  name: z.string(),
  file: z.string().optional(),
  digest: z.string(),
  startedAt: z.iso.datetime(),
  /** The process that holds the lab: the launcher at first, the supervisor's parent afterwards. */
  ownerPid: z.int(),
  /** Field 22 of /proc/pid/stat (proc(5)), so that a reused pid is not mistaken for the owner. */
  ownerStartTime: z.string(),
  version: z.string(),
  /** Of a lab of a server for a team: where that listens. Who runs it at the machine is not who it belongs to. */
  server: z.string().optional(),
  /** Of a lab with containers: the socket of their engine. */
  containers: z.string().optional(),
  /** Its control groups, where it has any: folders that go with it. */
  groups: z.array(z.string()).readonly().optional(),
});
export type LabRecord = z.infer<typeof LabRecord>;
