import type { Endpoint } from "../model.ts";

/** What a capture takes of what passes, and when it ends by itself. */
export type CaptureLimits = {
  /** An expression of pcap-filter(7). */
  readonly filter?: string;
  /** So much of each frame. */
  readonly snaplenBytes?: number;
  /** Ends after so many frames. */
  readonly maxFrames?: number;
  readonly durationMs?: number;
  /** Of the kernel's buffer for each interface that is not on a wire. */
  readonly ringBytes?: number;
};

/** A capture that a lab file asks for: it runs from before the first frame on, as long as it is in the file. */
export type Capture = CaptureLimits & {
  /** The file's name in the lab's folder of captures, by which the capture is known too. */
  readonly file: string;
  /** In the order in which they are in the capture. */
  readonly interfaces: readonly Endpoint[];
};

/** The most that is kept of a frame; longer than any. */
export const mostSnaplenBytes = 262_144;

/** The name of a capture's file: one that is no folder and hides nothing. */
export const captureFilePattern = /^[A-Za-z0-9_][A-Za-z0-9._+@-]{0,200}$/;
export const captureFileRule = "letters, digits and any of . _ + @ -, with a letter or digit first, and no folders";
export const captureFileEnding = ".pcapng";

/** The name of a file for a capture of these targets: `h1-eth0+h2-eth0.pcapng`. */
export function captureFileName(targets: readonly string[]): string {
  const words = targets.map((target) => target.replace(/[^A-Za-z0-9._]+/g, "-").replace(/^[-.]+|-+$/g, ""));
  const shown = words.slice(0, 4);
  const more = words.length - shown.length;
  return `${shown.join("+").slice(0, 150)}${more === 0 ? "" : `+${more}-more`}${captureFileEnding}`;
}
