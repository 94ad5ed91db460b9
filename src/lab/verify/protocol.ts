import type { Impairment } from "../../topology/index.ts";
import type { Measured } from "./measure.ts";
import type { ProbeWish } from "./pace.ts";

/**
 * What the supervisor and the process that measures a link say to each other. It is started with one
 * ProbeRequest as JSON, its only argument, and with the network namespaces of both ends as files; it
 * writes ProbeReports as JSON lines to `reportFd`, the last of which is `measured` or `failed`.
 */
export const reportFd = 3;
/** The namespaces of end a and end b; and their taps, where an end is a virtual machine. */
export const netnsFds = [4, 5] as const;
export const tapFds = [6, 7] as const;

export type ProbeRequest = {
  /** Tells its frames from those of other runs: 24 bits. */
  readonly run: number;
  readonly ends: readonly { readonly netnsFd: number; readonly interface: string; readonly tapFd?: number }[];
  /** From end a to end b, and back. */
  readonly impairments: readonly [Impairment, Impairment];
  readonly mtu: number;
  readonly wish: ProbeWish;
  readonly toleranceMs: number;
};

export type ProbeReport =
  | { readonly type: "progress"; readonly share: number }
  | { readonly type: "measured"; readonly ab: Measured; readonly ba: Measured; readonly waited: number }
  | { readonly type: "failed"; readonly message: string };
