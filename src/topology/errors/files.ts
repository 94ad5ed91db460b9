import { entry } from "./entry.ts";

/** Errors of copying files to, from and between nodes. Paths come as they are to be told, with their node: `h1:/etc/motd`. */
export const fileErrors = {
  COPY_SOURCE_NOT_FOUND: entry<{ path: string }>({
    exitCode: 1,
    message: ({ path }) => `There is no ${path}.`,
    remedy: () => "Paths of a node without a slash at their start are taken from its root folder.",
  }),
  COPY_NOT_A_FOLDER: entry<{ path: string }>({
    exitCode: 1,
    message: ({ path }) => `${path} is no folder.`,
    remedy: () => "Leave out the slash at the end of a file's path.",
  }),
  COPY_NOT_A_FILE: entry<{ path: string }>({
    exitCode: 1,
    message: ({ path }) => `${path} is no file.`,
    remedy: () => "Folders are copied by: netwright cp",
  }),
  FILE_TOO_LONG: entry<{ name: string; mostBytes: number }>({
    exitCode: 1,
    message: ({ name, mostBytes }) => `${name} is longer than the ${mostBytes} bytes that are sent at once.`,
    remedy: ({ mostBytes }) => `Ask for one part after the other: range: bytes=0-${mostBytes - 1}`,
  }),
  RANGE_UNSATISFIABLE: entry<{ range: string; sizeBytes: number }>({
    exitCode: 1,
    message: ({ range, sizeBytes }) => `There is nothing at "${range}" of a file of ${sizeBytes} bytes.`,
  }),
  COPY_NO_FOLDER: entry<{ path: string }>({
    exitCode: 1,
    message: ({ path }) => `There is no folder ${path} to copy into.`,
    remedy: () => "Make it first: folders above the destination are not made.",
  }),
  COPY_FOLDER_ONTO_FILE: entry<{ path: string }>({
    exitCode: 1,
    message: ({ path }) => `${path} is there and is no folder; what is copied is one.`,
    remedy: () => "Remove it first, or choose another destination.",
  }),
  COPY_FILE_ONTO_FOLDER: entry<{ path: string }>({
    exitCode: 1,
    message: ({ path }) => `${path} is a folder; what is copied is none.`,
    remedy: () => "Remove it first, or choose another destination.",
  }),
  COPY_REFUSED: entry<{ name: string; reason: string }>({
    exitCode: 1,
    message: ({ name, reason }) => `The archive's entry ${name} was refused: ${reason}.`,
    remedy: () => "It would be written outside the destination. What came before it was copied.",
  }),
  COPY_FAILED: entry<{ path: string; reason: string }>({
    exitCode: 1,
    message: ({ path, reason }) => `Copying ${path} failed (${reason}).`,
  }),
  COPY_BROKEN_OFF: entry<{ what: string }>({
    exitCode: 1,
    message: ({ what }) => `${what} ended before all was copied.`,
    remedy: () => "What was copied until then is there. Copy again.",
  }),
  COPY_UNSUPPORTED: entry<{ node: string; what: string; instead: string }>({
    exitCode: 2,
    message: ({ node, what }) => `Files cannot be copied to or from ${node}: it is ${what}.`,
    remedy: ({ instead }) => instead,
  }),
  ARCHIVE_BAD: entry<{ reason: string }>({
    exitCode: 1,
    message: ({ reason }) => `The archive cannot be unpacked: ${reason}.`,
    remedy: () => "Give a tar archive (ustar, pax or GNU format), as it is or compressed with gzip.",
  }),
} as const;
