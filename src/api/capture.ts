import * as z from "zod";

const count = z.int().min(0);

/** What to capture, and where it goes. */
export const CaptureRequest = z.strictObject({
  /** Interfaces (`h1:eth0`) and links (`h1 r1`, or an id), which mean both their ends. */
  targets: z.array(z.string().min(1)).min(1),
  /** An expression of pcap-filter(7). */
  filter: z.string().min(1).exactOptional(),
  /** Of each frame. */
  snaplenBytes: z.int().min(1).max(262_144).exactOptional(),
  /** Ends after so many frames. */
  maxFrames: z.int().min(1).exactOptional(),
  durationMs: z.number().positive().exactOptional(),
  /** The kernel's buffer of each interface that is not on a wire. */
  ringBytes: z.int().min(65_536).max(268_435_456).exactOptional(),
  /** Name of a file in the lab's folder of captures. Absent: a stream, which must be read within ten seconds. */
  file: z.string().exactOptional(),
});
export type CaptureRequest = z.infer<typeof CaptureRequest>;

export const CaptureInterfaceStatus = z.object({
  /** `h1:eth0`. */
  name: z.string(),
  /** Frames that matched and are in the capture. */
  frames: count,
  /** Lost because the kernel's buffer was full. */
  droppedByRing: count,
  /** Lost because whoever reads the stream did not keep up. */
  droppedByReader: count,
});
export type CaptureInterfaceStatus = z.infer<typeof CaptureInterfaceStatus>;

export const CaptureStatus = z.object({
  id: z.string(),
  /** `interrupted`: the process that captures ended, and is being started again. */
  state: z.enum(["running", "interrupted", "ended"]),
  startedAt: z.iso.datetime(),
  /** Absolute; absent for a stream. */
  file: z.string().exactOptional(),
  filter: z.string().exactOptional(),
  bytes: count,
  interfaces: z.array(CaptureInterfaceStatus),
  /** How often the process that captures ended; each time it missed an unknown number of frames. */
  interruptions: count,
  /** Why it ended. `stopped`: it was told to, or the lab went down. `lost`: it could not go on after an interruption. */
  reason: z.enum(["count", "duration", "stopped", "reader-gone", "write-failed", "lost"]).exactOptional(),
  /** What went wrong. */
  message: z.string().exactOptional(),
});
export type CaptureStatus = z.infer<typeof CaptureStatus>;
