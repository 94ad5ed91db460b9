import { type Locations, labFiles, locations } from "../api/locations.ts";
import { labError } from "../topology/errors/error.ts";
import { LabClient } from "./lab.ts";
import { findLab, registeredLabs } from "./registry/find.ts";

/*
 * Labs for programs: start one, find one, talk to it, stop it. Nothing here prints or reads the
 * environment; `locations(process.env, process.getuid())` says where this user's labs are.
 */

export type { CaptureRequest, CaptureStatus } from "../api/capture.ts";
export type { ConsoleQuery } from "../api/console.ts";
export type { ExecRequest } from "../api/exec.ts";
export type { FaultReport, FaultRun, FaultsRequest, FaultsStatus, FaultsStopped } from "../api/faults.ts";
export type { CopyResult } from "../api/files.ts";
export type { LabRecord } from "../api/launch.ts";
export type { LabDetail, LabEvent, LabSummary, LogLine, NodeDetail, Outcome, ProcessStatus } from "../api/resources.ts";
export type { LabAddress } from "./address.ts";
export type { ConsoleStream } from "./console.ts";
export type { CheckResult } from "./doctor/check.ts";
export { examine } from "./doctor/doctor.ts";
export type { ExecExit, ExecSession } from "./exec.ts";
export type { CopyOptions } from "./files.ts";
export { LabClient, type LaunchPhase } from "./lab.ts";
export { type StartedLab, type StartOptions, startLab } from "./launch/launch.ts";
export { findLab, type RegisteredLab, registeredLabs } from "./registry/find.ts";
export { collectGarbage, type ListedLab, listLabs } from "./registry/list.ts";
export { type StopOptions, stopLab } from "./stop.ts";
export { type Locations, labFiles, locations };

/**
 * Connects to a running lab by name.
 *
 * @throws LAB_NOT_FOUND
 */
export async function connectLab(at: Locations, name: string): Promise<LabClient> {
  const lab = findLab(at, name);
  if (lab === undefined) {
    const running = await registeredLabs(at);
    throw labError("LAB_NOT_FOUND", { lab: name, running: running.map((one) => one.name) });
  }
  return new LabClient(lab.name, { socket: lab.socket });
}
export { type ImageOptions, prepareImages } from "./images.ts";
