import { entry } from "./entry.ts";

/** Errors of a command line: exit code 2, nothing done. */
export const usageErrors = {
  COMMAND_MISSING: entry<{ usage: string }>({
    exitCode: 2,
    message: () => "There is no command to run.",
    remedy: ({ usage }) => `Write it after the node: ${usage}`,
  }),
  NAMED_FILE_UNREADABLE: entry<{ file: string; reason: string }>({
    exitCode: 2,
    message: ({ file, reason }) => `Cannot read ${file}: ${reason}.`,
  }),
  NAMED_FILE_UNWRITABLE: entry<{ file: string; reason: string }>({
    exitCode: 2,
    message: ({ file, reason }) => `Cannot write ${file}: ${reason}.`,
  }),
  LAB_FILE_MISSING: entry<{ names: readonly string[]; directory: string }>({
    exitCode: 2,
    message: ({ names, directory }) => `There is no lab file (${names.join(", ")}) in ${directory} or a folder above.`,
    remedy: () =>
      "Name one with --file, or write lab.yaml; the smallest is:  {nodes: {h1: {}, h2: {}}, links: [[h1, h2]]}",
  }),
  LAB_MODULE_FAILED: entry<{ file: string; reason: string }>({
    exitCode: 2,
    message: ({ file, reason }) => `${file} cannot be used as a lab: ${reason}`,
    remedy: () => 'A lab module ends in: export default defineLab({ … }), with defineLab from "netwright".',
  }),
  NOTHING_TO_RUN: entry<{ lab: string }>({
    exitCode: 2,
    message: ({ lab }) => `Lab "${lab}" starts no processes, and no command was given: there is nothing to run.`,
    remedy: () => "Give a command after --, or start the lab with: netwright up",
  }),
  USAGE: entry<{ problem: string; remedy?: string }>({
    exitCode: 2,
    message: ({ problem }) => problem,
    remedy: ({ remedy }) => remedy,
  }),
} as const;
