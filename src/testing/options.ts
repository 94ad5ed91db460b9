import type { LabDefinition } from "../topology/load.ts";

/** The lab of a test: a lab file (relative to the folder the tests run in, or absolute), or a topology written in the test. */
export type LabSource = string | URL | LabDefinition;

export type LabOptions = {
  /** Values of the lab file's variables. */
  readonly set?: Readonly<Record<string, string>>;
  /** Seed of everything the lab's links draw by chance, to have it again; a new one when absent. */
  readonly seed?: number;
  /** How long the lab may take to come up, in milliseconds; two minutes when absent. */
  readonly upMs?: number;
  /** Where failed tests leave their folders; `$NETWRIGHT_FAILURES`, or `netwright-failures` where the tests run. */
  readonly failures?: string;
  /** Leaves the folder of a test that passed, too. `$NETWRIGHT_KEEP=1` does it for all. */
  readonly keep?: boolean;
  /** What happens to the lab, step by step, on standard error. `$NETWRIGHT_LOG`: `info` prints it, `silent` (the default) does not. */
  readonly log?: "silent" | "info";
};
