import { entry } from "../entry.ts";
import { didYouMean, listed } from "./wording.ts";

/** Errors of what nodes hold and run: files, settings, processes. */
export const nodeErrors = {
  FILE_MISSING: entry<{ path: string; what: string }>({
    exitCode: 2,
    message: ({ path, what }) => `${what} ${path} is not there.`,
    remedy: () => "Paths are relative to the folder of the lab file.",
  }),
  FILE_IS_FOLDER: entry<{ path: string }>({
    exitCode: 2,
    message: ({ path }) => `${path} is a folder; a file is wanted here.`,
    remedy: () => "Name a file, or show the node a whole folder with mounts:.",
  }),
  FILE_NOT_READ: entry<{ path: string; reason: string }>({
    exitCode: 2,
    message: ({ path, reason }) => `Cannot read ${path}: ${reason}.`,
  }),
  FILE_FORM: entry<{ path: string }>({
    exitCode: 2,
    message: ({ path }) => `${path} takes its text from exactly one of content, base64 and from.`,
    remedy: () => "Keep one of them.",
  }),
  FILE_MODE: entry<{ mode: string }>({
    exitCode: 2,
    message: ({ mode }) => `The mode of a file cannot be ${mode}.`,
    remedy: () => 'Write three or four octal digits in quotes, for example "0644".',
  }),
  BASE64_INVALID: entry<{ path: string }>({
    exitCode: 2,
    message: ({ path }) => `The base64 of ${path} is damaged.`,
    remedy: ({ path }) =>
      `Make it with: base64 -w0 FILE, or name the file: {from: ${path.slice(path.lastIndexOf("/") + 1) || "FILE"}}.`,
  }),
  FRR_FORM: entry<Record<never, never>>({
    exitCode: 2,
    message: () => "frr takes its configuration from exactly one of config and from.",
    remedy: () => "Keep one of them.",
  }),
  PATH_INVALID: entry<{ path: string; what: string; problem: string }>({
    exitCode: 2,
    message: ({ path, what, problem }) => `${what} cannot be ${JSON.stringify(path)}: ${problem}.`,
    remedy: () => "Write a full path such as /etc/motd.",
  }),
  GIVEN_TWICE: entry<{ value: string; as: string }>({
    exitCode: 2,
    message: ({ value, as }) => `${value} is ${as} twice.`,
    remedy: () => "Keep one of the two.",
  }),
  SYSCTL_INVALID: entry<{ name: string; problem: string; remedy: string }>({
    exitCode: 2,
    message: ({ name, problem }) => `The kernel setting ${name} cannot be made: ${problem}.`,
    remedy: ({ remedy }) => remedy,
  }),
  COMMAND_IS_TEXT: entry<{ text: string }>({
    exitCode: 2,
    message: () => "A command is a list of words, or a line for the shell that says so.",
    remedy: ({ text }) =>
      `Write [${text.trim().split(/\s+/).slice(0, 12).join(", ")}] to run it as it is, or {shell: ${JSON.stringify(text)}}.`,
  }),
  PROCESS_UNKNOWN: entry<{ process: string; nearest?: string; known: readonly string[] }>({
    exitCode: 2,
    message: ({ process }) => `There is no process "${process}".`,
    remedy: ({ nearest, known }) => didYouMean(nearest, known, "processes"),
  }),
  PROCESS_CYCLE: entry<{ cycle: readonly string[] }>({
    exitCode: 2,
    message: ({ cycle }) =>
      cycle.length === 1
        ? `${cycle[0]} waits for itself.`
        : `These processes wait for each other: ${[...cycle, cycle[0]].join(" → ")}.`,
    remedy: () => "Take one of them out of after:.",
  }),
  PROCESS_ON_SWITCH: entry<{ process: string; node: string }>({
    exitCode: 2,
    message: ({ process, node }) => `${process} cannot run on ${node}: a switch forwards frames and runs no programs.`,
    remedy: () => "Name a host or a router.",
  }),
  NODE_PATTERN_EMPTY: entry<{ pattern: string; known: readonly string[] }>({
    exitCode: 2,
    message: ({ pattern }) => `No host or router has a name like "${pattern}".`,
    remedy: ({ known }) => (known.length === 0 ? "There are none in this lab." : `There are ${listed(known)}.`),
  }),
  PROCESS_NEVER_READY: entry<{ process: string }>({
    exitCode: 2,
    message: ({ process }) => `${process} has no readiness check, so nothing can wait until it is ready.`,
    remedy: ({ process }) => `Add ready: to process ${process}, or wait for "started".`,
  }),
  PROCESS_NEVER_SUCCEEDS: entry<{ process: string }>({
    exitCode: 2,
    message: ({ process }) => `${process} is always restarted, so nothing can wait until it ends with success.`,
    remedy: ({ process }) => `Give ${process} restart: on-failure, or wait for "started" or "ready".`,
  }),
  READY_FORM: entry<{ count: number }>({
    exitCode: 2,
    message: ({ count }) =>
      count === 0 ? "ready: does not say what to check." : `ready: takes one check, not ${count}.`,
    remedy: () => "Give exactly one of tcp, udp, command, log and file.",
  }),
  PATTERN_INVALID: entry<{ pattern: string; problem: string }>({
    exitCode: 2,
    message: ({ pattern, problem }) => `/${pattern}/ is no regular expression: ${problem}.`,
    remedy: () => "Put a backslash before a character that stands for itself: ( ) [ ] { } . * + ? ^ $ |",
  }),
} as const;
