/**
 * The test library: labs as fixtures, commands in their nodes, links and faults, captures, consoles. For
 * Vitest, `netwright/vitest` has the fixtures; for node:test, `netwright/node-test`.
 */
export type { CaptureStatus } from "../api/capture.ts";
export { defineLab, type LabDefinition } from "../topology/define.ts";
export { type CaptureOptions, TestCapture } from "./capture.ts";
export { CommandError, type CommandOptions, type CommandResult, RunningCommand } from "./command.ts";
export * from "./console/index.ts";
export { startLab, TestLab } from "./lab.ts";
export { type LinkSettings, TestLink } from "./link.ts";
export { type ExecOptions, TestNode } from "./node.ts";
export type { LabOptions, LabSource } from "./options.ts";
export * from "./packets/index.ts";
export { type StepEntry, StepLog } from "./steps.ts";
export type { HttpOptions, HttpResult, Iperf3Options, Iperf3Result, PingOptions, PingResult } from "./tools.ts";
export { withLab } from "./with-lab.ts";
