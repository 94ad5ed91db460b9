import { entry } from "./entry.ts";
import { didYouMean } from "./lab-file/wording.ts";

/** Errors of reading packets, in the test library. */
export const packetErrors = {
  CAPTURE_UNREADABLE: entry<{ file: string; reason: string }>({
    exitCode: 1,
    message: ({ file, reason }) => `${file} cannot be read (${reason}).`,
  }),
  CAPTURE_MALFORMED: entry<{ source: string; reason: string; afterBytes: number }>({
    exitCode: 1,
    message: ({ source, reason, afterBytes }) =>
      `${source} is not a capture that can be read: after ${afterBytes} bytes, ${reason}.`,
  }),
  PACKET_PATTERN_INVALID: entry<{ key: string; nearest?: string; known: readonly string[] }>({
    exitCode: 2,
    message: ({ key }) => `No packet has "${key}", which the pattern asks for.`,
    remedy: ({ nearest, known }) => didYouMean(nearest, known, "layers and fields"),
  }),
  TSHARK_MISSING: entry<{ program: string }>({
    exitCode: 3,
    message: ({ program }) => `${program} is not installed, or not in the PATH.`,
    remedy: () => "Install it (on Debian: sudo apt-get install tshark), or use what Netwright decodes by itself.",
  }),
  TSHARK_FAILED: entry<{ file: string; reason: string }>({
    exitCode: 1,
    message: ({ file, reason }) => `tshark could not decode ${file}: ${reason}.`,
  }),
} as const;
