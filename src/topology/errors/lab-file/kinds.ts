import { entry } from "../entry.ts";

/** Errors of kinds of nodes: what they are told, and kinds of users. */
export const kindErrors = {
  KIND_OPTION: entry<{ node: string; kind: string; problem: string; remedy: string }>({
    exitCode: 2,
    message: ({ node, kind, problem }) => `Node ${node}, of kind ${kind}: ${problem}.`,
    remedy: ({ remedy }) => remedy,
  }),
  KIND_INVALID: entry<{ kind: string; file: string; problem: string; remedy: string }>({
    exitCode: 2,
    message: ({ kind, file, problem }) => `Kind ${kind} (${file}): ${problem}.`,
    remedy: ({ remedy }) => remedy,
  }),
  DHCP_SETTING: entry<{ problem: string; remedy: string }>({
    exitCode: 2,
    message: ({ problem }) => `${problem}.`,
    remedy: ({ remedy }) => remedy,
  }),
} as const;
