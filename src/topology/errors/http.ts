import { entry } from "./entry.ts";

/** Errors of requests by HTTP, to a lab or to a server, that are none of what was asked for. */
export const httpErrors = {
  BAD_REQUEST: entry<{ detail: string }>({ exitCode: 2, message: ({ detail }) => detail }),
  NOT_FOUND: entry<{ path: string }>({ exitCode: 1, message: ({ path }) => `There is nothing at ${path}.` }),
  METHOD_NOT_ALLOWED: entry<{ path: string; allowed: readonly string[] }>({
    exitCode: 1,
    message: ({ path, allowed }) => `${path} can be asked for with ${allowed.join(", ")}.`,
  }),
  BODY_TOO_LONG: entry<{ mostBytes: number }>({
    exitCode: 1,
    message: ({ mostBytes }) => `The body is longer than ${mostBytes} bytes.`,
  }),
  BODY_LENGTH_UNKNOWN: entry<Record<never, never>>({
    exitCode: 1,
    message: () => "The length of the body is not said.",
    remedy: () => "Send it with content-length, and not in pieces.",
  }),
  MEDIA_TYPE_WRONG: entry<{ type: string }>({
    exitCode: 1,
    message: ({ type }) => `A body of type ${type} is not understood here.`,
    remedy: () => "Send JSON, with content-type: application/json.",
  }),
  DISK_FULL: entry<{ detail: string }>({
    exitCode: 1,
    message: ({ detail }) => `There is no space left on the disk: ${detail}.`,
    remedy: () => "Free some, for example with: netwright image prune. Then try again.",
  }),
  INTERNAL: entry<{ detail: string }>({ exitCode: 1, message: ({ detail }) => detail }),
};
