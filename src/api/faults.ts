import * as z from "zod";
import { ErrorReportSchema } from "./launch.ts";

/** A fault schedule to run: the text of a fault file, whose names are checked against the lab as it is. */
export const FaultsRequest = z.object({
  /** YAML. Absent: what the lab's own file has under `faults`. */
  text: z.string().optional(),
  /** How errors and events name the file. */
  file: z.string().optional(),
  /** Of all that is drawn. Absent: the schedule's own, else the lab's. */
  seed: z.int().min(0).optional(),
  /** The run goes on when the caller goes away, and only its start is reported. Otherwise it stops with the caller. */
  detach: z.boolean().default(false),
});
export type FaultsRequest = z.input<typeof FaultsRequest>;

export const FaultRun = z.object({
  /** Counts from 1 in each lab. */
  number: z.int(),
  /** The file it came from. */
  name: z.string(),
  seed: z.int(),
  state: z.enum(["running", "ended"]),
  /** Of a run that has ended. `failure`: a fault could not be done. `stopped`: it was ended before its end. */
  outcome: z.enum(["success", "failure", "stopped"]).optional(),
  startedAt: z.iso.datetime(),
  elapsedMs: z.number(),
  /** How many faults it has, and how many of them were done and failed. */
  total: z.int(),
  done: z.int(),
  failed: z.int(),
  next: z.object({ inMs: z.number(), action: z.string() }).optional(),
  /** Events that have not happened yet, e.g. `process web ready`. */
  waitingFor: z.array(z.string()),
  /** A fault file that does the same again. */
  log: z.string(),
});
export type FaultRun = z.infer<typeof FaultRun>;

export const FaultsStatus = z.object({
  /** In the order of their start. Only the last may be running. */
  runs: z.array(FaultRun),
  /** What would end the faults of these runs that are still in force, the latest first, e.g. `link up r1:eth1 r2:eth1`. */
  inForce: z.array(z.string()),
});
export type FaultsStatus = z.infer<typeof FaultsStatus>;

const performed = {
  /** When it was due, from the start of the run. */
  atMs: z.number(),
  /** How long after that it was begun. */
  lateMs: z.number(),
  /** E.g. `link down r1:eth1 r2:eth1`. */
  action: z.string(),
  /** Of the run's log. */
  line: z.string(),
};

/** What happens in a run, as it happens. The first is `started` or `refused`; the last of a run that is not detached `ended`. */
export const FaultReport = z.discriminatedUnion("type", [
  z.object({ type: z.literal("refused"), errors: z.array(ErrorReportSchema) }),
  /** `head`: what the run's log begins with. */
  z.object({ type: z.literal("started"), run: FaultRun, head: z.string() }),
  z.object({ type: z.literal("done"), ...performed }),
  z.object({ type: z.literal("failed"), ...performed, error: ErrorReportSchema }),
  z.object({ type: z.literal("ended"), run: FaultRun, inForce: z.array(z.string()) }),
]);
export type FaultReport = z.infer<typeof FaultReport>;

/** What `stop` did. `healed`: what was ended with it; `failed`: what could not be. */
export const FaultsStopped = z.object({
  run: FaultRun.optional(),
  healed: z.array(z.string()),
  failed: z.array(z.object({ action: z.string(), error: ErrorReportSchema })),
  inForce: z.array(z.string()),
});
export type FaultsStopped = z.infer<typeof FaultsStopped>;

/** What a run does, or would do: all of its faults, those that wait for an event at the end. */
export const FaultTimeline = z.object({
  seed: z.int(),
  entries: z.array(
    z.object({
      /** From the start of the run; absent while what it waits for has not happened. */
      atMs: z.number().optional(),
      /** E.g. `process web ready`. */
      after: z.string().optional(),
      action: z.string(),
      /** Of the schedule, from 0: a fault and what ends it are of the same step. */
      step: z.int(),
      state: z.enum(["planned", "done", "failed"]),
      /** Of one that was done or failed: how long after its time it was begun. */
      lateMs: z.number().optional(),
      /** Of one that failed. */
      error: z.string().optional(),
    }),
  ),
  /** How many there are, of which the first so many are told. */
  total: z.int(),
});
export type FaultTimeline = z.infer<typeof FaultTimeline>;
