import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import type { LabRecord, LaunchReport, LaunchRequest } from "../../api/launch.ts";
import { type Locations, labFiles } from "../../api/locations.ts";
import type { LabSummary } from "../../api/resources.ts";
import { ownEngine } from "../../containers/index.ts";
import { labError, type NetwrightError } from "../../topology/errors/error.ts";
import type { Lab } from "../../topology/model.ts";
import { prepareImages } from "../images.ts";
import { entryOf, findInstallation } from "../installation.ts";
import { LabClient, type LaunchPhase } from "../lab.ts";
import { errorFromAll } from "../problems.ts";
import { type Claim, claim } from "../registry/claim.ts";
import { collectContainers } from "../registry/containers.ts";
import { findLab } from "../registry/find.ts";
import { removeIfDead } from "../registry/list.ts";
import { thisProcess } from "../registry/owner.ts";
import { markServer } from "../registry/server-mark.ts";
import { requireOfHost } from "../requirements.ts";
import { prepareContainers, type StartedContainers } from "./containers.ts";
import { prepareLogs, prepareRuntime } from "./folders.ts";
import { LabGroup } from "./groups/lab-group.ts";
import { toolPath } from "./id-facts.ts";
import { planLimits, refusedGroup } from "./limits.ts";
import { withPortOwner } from "./port-owner.ts";
import { requireOpenToOthers } from "./readable.ts";
import { openSandbox, type Sandbox, type SandboxEnd } from "./sandbox.ts";
import { lastLines } from "./supervisor-log.ts";
import { makeUserNamespace } from "./user-namespace.ts";

export type StartOptions = {
  readonly lab: Lab;
  readonly locations: Locations;
  /** The environment of the caller: the supervisor gets it, and PATH is looked at. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of the lab file, absolute. */
  readonly file?: string;
  /** Where the server for a team listens that the lab is one of. */
  readonly server?: string;
  /** SHA-256 of the lab file and variables. */
  readonly digest: string;
  /** The lab belongs to this process: it ends with it, and not by its mode. */
  readonly attended?: boolean;
  /** With `attended`: a folder of this process's that is removed when the lab ends and this process is gone. */
  readonly scratch?: string;
  readonly logLevel?: "debug" | "info" | "error";
  readonly onPhase?: (phase: LaunchPhase) => void;
  /** Ends the start: what has been made is removed, and UP_ABORTED is thrown. */
  readonly signal?: AbortSignal;
  /** 0 to 2^48 - 1, of every random draw of the lab's links; drawn when absent. */
  readonly seed?: number;
  /** For the whole start, in milliseconds; 15 minutes when absent. */
  readonly timeoutMs?: number;
};

export type StartedLab = {
  readonly client: LabClient;
  readonly summary: LabSummary;
  /** What of the lab file does not hold on this machine, which the lab takes. */
  readonly warnings: readonly NetwrightError[];
};

const startMs = 15 * 60_000;
/** How long an aborted supervisor may take to undo what it did. */
const undoMs = 10_000;

/**
 * Starts a lab: claims its name, makes a sandbox with the supervisor in it, and waits until the lab
 * runs. It goes on when this process ends.
 *
 * @throws LAB_EXISTS, LAB_BUSY, UP_ABORTED, LAB_LOST, LIMIT_NOT_ENFORCEABLE, USER_NAMESPACES_FORBIDDEN, or what the supervisor
 * reports: one NetwrightError, or an AggregateError of several
 */
export async function startLab(options: StartOptions): Promise<StartedLab> {
  const { lab, locations, environment, signal } = options;
  const abortable = signal ?? new AbortController().signal;
  const path = toolPath(environment["PATH"]);
  const { version } = findInstallation(import.meta.url);
  requireOfHost(lab.requires, path);
  const limits = planLimits(lab);
  await prepareRuntime(locations);
  const containers = await prepareContainers({
    ...options,
    signal: abortable,
    ...(options.onPhase === undefined ? {} : { onPhase: options.onPhase }),
  }).catch((error: unknown) => {
    throw abortable.aborted ? labError("UP_ABORTED", { lab: lab.name }) : error;
  });
  const user = await makeUserNamespace(path, abortable).catch((error: unknown) => {
    throw abortable.aborted ? labError("UP_ABORTED", { lab: lab.name }) : error;
  });
  let claimed: Claim | undefined;
  let sandbox: Sandbox | undefined;
  let images: Awaited<ReturnType<typeof prepareImages>> | undefined;
  let started: Promise<StartedContainers> | undefined;
  let group: LabGroup | undefined;
  const warnings = [...limits.warnings];
  try {
    const { owner } = user.map;
    if (limits.home !== undefined) group = new LabGroup(limits.home, limits.name, owner);
    claimed = await claimName(options, version, owner, {
      ...(containers === undefined ? {} : { containers: containers.socket }),
      ...(group === undefined ? {} : { groups: group.folders }),
    });
    const identity = { lab: lab.name, uid: process.getuid?.() ?? 0, claim: claimed.id, runtime: locations.runtime };
    // What an earlier lab's keeper could not remove, because it was killed or its engine had stopped.
    if (containers !== undefined && containers.socket !== ownEngine) await collectContainers(locations, environment);
    // While the sandbox is made.
    started = containers?.start({
      identity,
      folder: claimed.folder,
      owner: owner ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
      user: user.path,
    });
    started?.catch(() => undefined);
    try {
      await group?.make();
    } catch (error) {
      warnings.push(...refusedGroup(lab, error));
      await group?.remove();
      group = undefined;
    }
    const logDirectory = `${locations.state}/${lab.name}/logs`;
    await prepareLogs(logDirectory, owner);
    await markServer(locations, lab.name, options.server);
    images = await prepareImages(
      lab,
      {
        locations,
        environment,
        signal: abortable,
        ...(options.onPhase === undefined ? {} : { onPhase: options.onPhase }),
      },
      user,
    );
    const supervisor = entryOf("lab/main", import.meta.url);
    if (owner !== undefined)
      requireOpenToOthers(
        { files: [process.execPath, supervisor], folders: [locations.runtime, logDirectory] },
        owner.uid,
      );
    const output = openSync(`${logDirectory}/supervisor.log`, "a", 0o644);
    try {
      sandbox = await openSandbox({
        user,
        argv: [process.execPath, supervisor],
        environment: supervisorEnvironment(environment, path),
        output,
        claimed,
        gate: { lab: lab.name, program: entryOf("gate/main", import.meta.url) },
        signal: abortable,
        ...(options.scratch === undefined ? {} : { scratch: options.scratch }),
        ...(group === undefined ? {} : { groups: group }),
      });
    } finally {
      closeSync(output);
    }
    // Before the supervisor is told anything: from here on the lab is its, however this process ends.
    await claimed.handOver(sandbox.owner);
    const { socket } = labFiles(locations.runtime, lab.name);
    const groups = await group?.settle().catch((error: unknown) => {
      warnings.push(...refusedGroup(lab, error));
      return undefined;
    });
    const yard = await started;
    const request: LaunchRequest = {
      lab: images.lab,
      digest: options.digest,
      socket,
      logDirectory,
      version,
      attended: options.attended ?? false,
      ...(yard === undefined ? {} : { containers: yard.settings }),
      ...(groups === undefined ? {} : { groups }),
      ...(options.file === undefined ? {} : { file: options.file }),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      ...(options.logLevel === undefined ? {} : { logLevel: options.logLevel }),
    };
    sandbox.stdin.end(JSON.stringify(request));
    const summary = await untilRunning(sandbox, { ...options, logDirectory, signal: abortable });
    yard?.keeper.release();
    // The supervisor of an attended lab watches the descriptor of its reports: it stays open.
    sandbox.detach({ keepReports: options.attended === true });
    return { client: new LabClient(lab.name, { socket: socket }), summary, warnings };
  } catch (error) {
    user.release();
    if (sandbox !== undefined) await endSandbox(sandbox);
    // What went wrong is told already; what is left here, the next start removes.
    await started?.then(({ keeper }) => keeper.remove()).catch(() => undefined);
    await claimed?.release();
    await group?.remove();
    if (abortable.aborted) throw labError("UP_ABORTED", { lab: lab.name }, { cause: error });
    throw error;
  } finally {
    // The lab has them mounted, or is none.
    images?.release();
  }
}

/** @throws LAB_EXISTS, LAB_BUSY */
async function claimName(
  options: StartOptions,
  version: string,
  owner: { uid: number; gid: number } | undefined,
  outside: Pick<LabRecord, "containers" | "groups">,
): Promise<Claim> {
  const { lab, locations } = options;
  const self = thisProcess();
  const record: LabRecord = {
    name: lab.name,
    digest: options.digest,
    startedAt: new Date().toISOString(),
    ownerPid: self.pid,
    ownerStartTime: self.startTime,
    version,
    ...(options.file === undefined ? {} : { file: options.file }),
    ...(options.server === undefined ? {} : { server: options.server }),
    ...outside,
  };
  // Twice: a dead lab in the way is removed after the first attempt.
  for (let attempt = 0; attempt < 2; attempt++) {
    const claimed = await claim(locations.runtime, record, owner);
    if (claimed !== undefined) return claimed;
    if (attempt === 0) await removeIfDead(locations, lab.name);
  }
  const other = findLab(locations, lab.name);
  if (other === undefined) throw labError("LAB_BUSY", { lab: lab.name, state: "being removed" });
  const { client, record: its } = { client: new LabClient(other.name, { socket: other.socket }), record: other.record };
  const state = await client.summary({ timeoutMs: 5_000 }).then(
    (summary) => summary.state,
    () => "starting" as const,
  );
  if (state === "running") throw labError("LAB_EXISTS", { lab: lab.name, changed: its.digest !== options.digest });
  throw labError("LAB_BUSY", { lab: lab.name, state });
}

/** The caller's, without what is meant for the caller's own Node. */
function supervisorEnvironment(
  environment: StartOptions["environment"],
  path: string,
): Record<string, string | undefined> {
  const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, ...rest } = environment;
  return { ...rest, PATH: path };
}

/** Follows the supervisor's reports until the lab runs. */
async function untilRunning(
  sandbox: Sandbox,
  options: StartOptions & { readonly logDirectory: string; readonly signal: AbortSignal },
): Promise<LabSummary> {
  const { lab, onPhase, signal } = options;
  const { promise: running, resolve, reject } = Promise.withResolvers<LabSummary>();
  const timeoutMs = options.timeoutMs ?? startMs;
  const timer = setTimeout(
    () => reject(labError("TIMED_OUT", { what: `Starting lab "${lab.name}"`, afterMs: timeoutMs })),
    timeoutMs,
  );
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  const reports = createInterface({ input: sandbox.reports });
  reports.on("line", (line) => {
    const report = JSON.parse(line) as LaunchReport;
    if (report.type === "phase") onPhase?.(report);
    else if (report.type === "running") resolve(report.summary);
    else reject(withPortOwner(errorFromAll(report.errors), lab));
  });
  // The reaper keeps the descriptor open: only the end of the sandbox says that no report comes any more.
  void sandbox.ended.then(async (end) => {
    const how = describeEnd(end);
    const lines = await lastLines(`${options.logDirectory}/supervisor.log`);
    // A last report may still be on its way.
    await new Promise((resolve) => setTimeout(resolve, 50));
    reject(labError("LAB_LOST", { lab: lab.name, detail: [how, ...lines.map((line) => `  ${line}`)].join("\n") }));
  });
  try {
    return await running;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    reports.close();
  }
}

/** The reaper is a shell, which reports 128 + a signal's number. */
function describeEnd({ exitCode, signal }: SandboxEnd): string {
  if (exitCode === 0) return "it was taken down while it started.";
  const named = Object.entries(constants.signals).find(([, number]) => exitCode === 128 + number)?.[0];
  const by = signal ?? named;
  return by === undefined ? `it exited with code ${exitCode}.` : `it was ended by ${by}.`;
}

/** Lets go of the supervisor, which then undoes what it did; after a deadline the kernel does it. */
async function endSandbox(sandbox: Sandbox): Promise<void> {
  sandbox.reports.destroy();
  sandbox.stdin.destroy();
  const timer = setTimeout(() => sandbox.kill(), undoMs);
  await sandbox.ended;
  clearTimeout(timer);
  sandbox.detach();
}
