import { entry } from "./entry.ts";
import { counted } from "./lab-file/wording.ts";

/** Errors of fault schedules: exit code 2, nothing changed. */
export const faultErrors = {
  FAULT_ACTION_INVALID: entry<{ text: string; usage: readonly string[] }>({
    exitCode: 2,
    message: ({ text }) => `"${text}" is no fault.`,
    remedy: ({ usage }) => `Write one of: ${usage.join("; ")}.`,
  }),
  FAULT_TRIGGER_INVALID: entry<{ text: string }>({
    exitCode: 2,
    message: ({ text }) => `"${text}" is no event that a fault can wait for.`,
    remedy: () => "Write process NAME started, ready or exited; or node NAME started or failed.",
  }),
  FAULT_STEP_INVALID: entry<{ problem: string; remedy: string }>({
    exitCode: 2,
    message: ({ problem }) => `${problem}.`,
    remedy: ({ remedy }) => remedy,
  }),
  FAULT_TIME_INVALID: entry<{ key: string; text: string; range: string }>({
    exitCode: 2,
    message: ({ key, text }) => `${key} cannot be ${text}.`,
    remedy: ({ range }) => `It is ${range}.`,
  }),
  FAULTS_TOO_MANY: entry<{ limit: number }>({
    exitCode: 2,
    message: ({ limit }) => `This schedule may have more than ${counted(limit, "fault")}.`,
    remedy: () => "Give times or an earlier until, or a longer every.",
  }),
  FAULTS_RUNNING: entry<{ run: string }>({
    exitCode: 1,
    message: ({ run }) => `Faults of ${run} are being run in this lab already; one schedule runs at a time.`,
    remedy: () => "Wait for its end (netwright faults status), or stop it: netwright faults stop",
  }),
  FAULTS_RUN_NOT_FOUND: entry<{ run: number; lab: string }>({
    exitCode: 2,
    message: ({ run, lab }) => `Lab ${lab} has had no fault run ${run}.`,
    remedy: () => "See those that it has had with: netwright faults status",
  }),
  FAULTS_NOT_RUNNING: entry<{ lab: string }>({
    exitCode: 1,
    message: ({ lab }) => `No faults are being run in lab "${lab}".`,
    remedy: () => "What earlier runs have left in force is ended with: netwright faults stop --heal",
  }),
  FAULTS_MISSING: entry<{ lab: string }>({
    exitCode: 2,
    message: ({ lab }) => `The file of lab "${lab}" has no faults.`,
    remedy: () => "Name a fault file, or write faults: into the lab file and apply it.",
  }),
  FAULTS_LOG_FAILED: entry<{ file: string; reason: string }>({
    exitCode: 1,
    message: ({ file, reason }) => `The log of the faults, ${file}, cannot be written (${reason}).`,
  }),
} as const;
