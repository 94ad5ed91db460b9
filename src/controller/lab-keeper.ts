import { setTimeout } from "node:timers/promises";
import { type ControlledLabState, ProjectPolicy } from "../api/index.ts";
import { known } from "../topology/errors/problem.ts";
import { LabFileError, labError, NetwrightError } from "../topology/index.ts";
import type { LoadedLab } from "../topology/load.ts";
import type { Agent, AgentState } from "./agent/agent.ts";
import type { Bulletin } from "./bulletin.ts";
import type { Database } from "./data/database.ts";
import { databaseError } from "./data/failures.ts";
import type { LabOutline } from "./data/lab-outline.ts";
import { changeIfUnchanged } from "./data/revised.ts";
import type { Tables } from "./data/tables.ts";
import { readLabText, type Trust } from "./lab-text.ts";
import { asItRan, LiveLinkNotes } from "./live-links.ts";
import { FoundLabs, type FoundProject } from "./own/found-labs.ts";
import { reservePorts } from "./policy/ports.ts";
import type { ServerRules } from "./policy/rules.ts";

export type LabRow = Tables["labs"];
type Problem = { readonly code: string; readonly message: string; readonly remedy?: string };
type Work = {
  readonly does: "deploying" | "stopping";
  /** Never rejects: resolves with what went wrong. */
  readonly done: Promise<Error | undefined>;
};

const watchMs = 1_000;

export type KeeperOptions = {
  readonly database: Database;
  readonly agent: Agent;
  readonly bulletin: Bulletin;
  readonly trust: Trust;
  readonly rules: ServerRules;
  readonly clock: () => number;
  /** What nobody waits for. */
  readonly onFault: (error: unknown, doing: string) => void;
  /** A lab came up, after so long, or did not. */
  readonly onDeployed?: (seconds: number, ok: boolean) => void;
  /** The project that labs of the command line are in; absent: the server knows of its own only. */
  readonly found?: FoundProject;
};

/**
 * Makes labs what is wanted of them. What is wanted is in the database before anything is done, so that a server
 * that was killed at any moment goes on where it was: what should run and never came up is started, what should
 * not run is stopped, and a lab that runs is left as it is.
 *
 * The database and the agent may be gone for a while: what came of something is written down when the database is
 * back, and what was to be done is done when the agent is.
 */
export class LabKeeper {
  readonly #database: Database;
  readonly #agent: Agent;
  readonly #bulletin: Bulletin;
  readonly #trust: Trust;
  readonly #rules: ServerRules;
  readonly #clock: () => number;
  readonly #onFault: KeeperOptions["onFault"];
  readonly #onDeployed: KeeperOptions["onDeployed"];
  #seen: ReadonlyMap<string, AgentState> = new Map();
  #silence: { readonly since: number; readonly detail: string } | undefined;
  /** What is being done to a lab, by its id. Of one lab, one thing after the other. */
  readonly #busy = new Map<string, Work>();
  /** Labs that are being changed, by id. */
  readonly #changing = new Set<string>();
  readonly #notes: LiveLinkNotes;
  readonly #found: FoundLabs | undefined;
  /** Labs, by id, that could not be taken down; it is tried again. */
  readonly #unfinished = new Set<string>();
  /** Labs, by the agent's name, that have ended by themselves, which nobody has been told yet. */
  readonly #lost = new Set<string>();
  #isCompared = false;
  readonly #closing = new AbortController();
  #watching: Promise<void> | undefined;

  constructor(options: KeeperOptions) {
    this.#database = options.database;
    this.#agent = options.agent;
    this.#bulletin = options.bulletin;
    this.#trust = options.trust;
    this.#rules = options.rules;
    this.#clock = options.clock;
    this.#onFault = options.onFault;
    this.#onDeployed = options.onDeployed;
    this.#notes = new LiveLinkNotes(options.database, options.agent, (lab) => this.#read(lab));
    const { found } = options;
    if (found !== undefined)
      this.#found = new FoundLabs({
        ...options,
        project: found,
        isBusy: ({ id }) => this.#busy.has(id) || this.#changing.has(id),
      });
  }

  /** Compares what is wanted with what runs, does what is missing, and goes on watching. */
  async open(): Promise<void> {
    await this.#lookOrWait();
    this.#watching = this.#watch();
  }

  /** Does something to a lab that runs, which nobody has done outside of this server. */
  async whileChanging<Result>(lab: LabRow, change: () => Promise<Result>): Promise<Result> {
    this.#changing.add(lab.id);
    try {
      return await change();
    } finally {
      this.#changing.delete(lab.id);
    }
  }

  #instanceOf(lab: Pick<LabRow, "run_name">): string | null {
    return this.#agent.found?.(lab.run_name)?.startedAt ?? null;
  }

  /** Labs go on. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#watching;
    await Promise.all([...this.#busy.values()].map(({ done }) => done));
  }

  /** Since when the agent does not answer, in milliseconds since 1970, and why; undefined while it does. */
  get silence(): { readonly since: number; readonly detail: string } | undefined {
    return this.#silence;
  }

  stateOf(lab: LabOutline): ControlledLabState {
    const busy = this.#busy.get(lab.id);
    if (busy !== undefined) return busy.does;
    const seen = this.#seen.get(lab.run_name);
    if (lab.desired !== "running") return seen === undefined ? "stopped" : "stopping";
    if (this.#silence !== undefined && lab.problem === null) return "unresponsive";
    if (seen === undefined) return "failed";
    return seen === "starting" ? "deploying" : seen;
  }

  problemOf(lab: LabOutline): Problem | undefined {
    const state = this.stateOf(lab);
    if (state === "unresponsive" && this.#silence !== undefined) return this.#unreachable().toReport();
    if (state === "unresponsive") return labError("LAB_UNRESPONSIVE", { lab: lab.name }).toReport();
    if (state !== "failed") return undefined;
    if (lab.problem !== null) return JSON.parse(lab.problem) as Problem;
    return labError("LAB_VANISHED", { lab: lab.name }).toReport();
  }

  /** Writes down which links of a lab that runs have come and gone: its next start brings them back. */
  noteLinks(lab: Pick<LabRow, "id">): Promise<void> {
    return this.#notes.note(lab);
  }

  /** How many captures of a lab run; undefined for one that cannot be asked now. */
  async captures(lab: LabOutline): Promise<number | undefined> {
    if (this.stateOf(lab) !== "running") return undefined;
    const captures = await this.#agent
      .client(lab.run_name)
      .captures()
      .catch(() => undefined);
    return captures?.filter(({ state }) => state !== "ended").length;
  }

  /** Begins to start a lab that is wanted. What comes of it is in the events. */
  deploy(lab: LabRow): void {
    void this.#begin(lab, "deploying");
  }

  /** Takes down a lab that is not wanted any more, and forgets one that is deleted. @throws what the agent throws; then it is tried again */
  async stop(lab: LabRow): Promise<void> {
    for (let work = this.#busy.get(lab.id); work !== undefined; work = this.#busy.get(lab.id)) await work.done;
    const error = await this.#begin(lab, "stopping");
    if (error !== undefined) throw error;
  }

  #begin(lab: LabRow, does: Work["does"]): Work["done"] {
    const work = does === "deploying" ? this.#start(lab) : this.#stop(lab);
    const done = work
      .then(
        () => undefined,
        (error: unknown) => {
          if (!this.#closing.signal.aborted) this.#onFault(error, `${does} lab ${lab.run_name}`);
          return error instanceof Error ? error : new Error(String(error), { cause: error });
        },
      )
      .finally(() => this.#busy.delete(lab.id));
    this.#busy.set(lab.id, { does, done });
    return done;
  }

  async #start(lab: LabRow): Promise<void> {
    const { signal } = this.#closing;
    const beganAt = performance.now();
    const tell = (type: string, message: string) =>
      this.eventually(() => this.#bulletin.add(lab.project_id, type, lab.name, message));
    await tell("lab.deploying", `Lab ${lab.name} is being deployed`);
    try {
      const { lab: wanted, digest } = await this.eventually(() => this.#wanted(lab));
      await this.#whenReachable(async () => {
        // One that a server before this one began to start, and did not see come up.
        if (await this.#cameUp(lab.run_name)) return;
        const phases: Promise<void>[] = [];
        const onPhase = (phase: string) => {
          phases.push(tell("lab.progress", phase).catch(() => undefined));
        };
        await this.#agent.start(wanted, digest, signal, onPhase, lab.file ?? undefined);
        await Promise.all(phases);
      });
      this.#seen = new Map([...this.#seen, [lab.run_name, "running"]]);
      await this.#change(lab, { came_up: 1, problem: null, digest, instance: this.#instanceOf(lab) });
      this.#onDeployed?.((performance.now() - beganAt) / 1000, true);
      await tell("lab.running", `Lab ${lab.name} runs`);
    } catch (error) {
      // It is wanted still, and the server that comes next starts it.
      if (signal.aborted) return;
      const problem = problemFrom(error);
      this.#onDeployed?.((performance.now() - beganAt) / 1000, false);
      await this.#change(lab, { came_up: 1, problem: JSON.stringify(problem) });
      await tell("lab.failed", `Lab ${lab.name} did not come up: ${problem.message}`);
    }
  }

  /** What a lab is to be, by the rules of now, with the links that came and went while it ran last. */
  async #wanted(lab: LabRow): Promise<LoadedLab> {
    const read = await this.#read(lab);
    const loaded = { ...read, lab: asItRan(read.lab, lab) };
    if (this.#trust === "own") return loaded;
    return { ...loaded, lab: await reservePorts(this.#database, lab.id, loaded.lab, this.#rules.ports) };
  }

  async #read(lab: LabRow): Promise<LoadedLab> {
    const { policy } = await this.#database
      .selectFrom("projects")
      .select("policy")
      .where("id", "=", lab.project_id)
      .executeTakeFirstOrThrow();
    return readLabText(lab.text, {
      name: lab.run_name,
      variables: JSON.parse(lab.variables) as Record<string, string>,
      trust: this.#trust,
      file: lab.file,
      rules: { policy: ProjectPolicy.parse(JSON.parse(policy)), server: this.#rules },
    });
  }

  /** Waits for a lab that starts; whether it runs. */
  async #cameUp(name: string): Promise<boolean> {
    for (;;) {
      const state = (await this.#list()).get(name);
      if (state !== "starting") return state === "running";
      await setTimeout(watchMs, undefined, { signal: this.#closing.signal });
    }
  }

  async #stop(lab: LabRow): Promise<void> {
    this.#unfinished.add(lab.id);
    // Of one that does not answer any more, what was noted last is what there is.
    if (lab.desired === "stopped" && this.#seen.get(lab.run_name) === "running")
      await this.noteLinks(lab).catch(() => undefined);
    await this.#agent.stop(lab.run_name);
    const seen = new Map(this.#seen);
    seen.delete(lab.run_name);
    this.#seen = seen;
    const tell = (type: string, message: string) =>
      this.eventually(() => this.#bulletin.add(lab.project_id, type, lab.name, message));
    if (lab.desired === "deleted") {
      await this.#agent.forget?.(lab.run_name);
      await this.eventually(() => this.#database.deleteFrom("labs").where("id", "=", lab.id).execute());
      await tell("lab.deleted", `Lab ${lab.name} is deleted`);
    } else {
      await this.#change(lab, { problem: null });
      await tell("lab.stopped", `Lab ${lab.name} is stopped`);
    }
    this.#unfinished.delete(lab.id);
  }

  async #change(
    lab: LabRow,
    values: Partial<Pick<LabRow, "came_up" | "problem" | "digest" | "instance">>,
  ): Promise<void> {
    await this.eventually(() =>
      this.#database
        .updateTable("labs")
        .set(({ eb }) => ({ ...values, revision: eb("revision", "+", 1) }))
        .where("id", "=", lab.id)
        .execute(),
    );
  }

  /** Does something with the database, again when it is back. @throws what is no matter of its being gone, and when this is closed */
  async eventually<Result>(act: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (databaseError(error) === undefined) throw error;
      }
      await setTimeout(watchMs, undefined, { signal: this.#closing.signal });
    }
  }

  /** Does something with the agent, again when it answers. */
  async #whenReachable<Result>(act: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (!(error instanceof NetwrightError && error.code === "AGENT_UNREACHABLE")) throw error;
      }
      await setTimeout(watchMs, undefined, { signal: this.#closing.signal });
    }
  }

  /** @throws AGENT_UNREACHABLE */
  async #list(): Promise<ReadonlyMap<string, AgentState>> {
    try {
      return await this.#agent.list();
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#silence ??= { since: this.#clock(), detail };
      throw this.#unreachable();
    }
  }

  #unreachable(): NetwrightError {
    return labError("AGENT_UNREACHABLE", { host: "of this server", detail: this.#silence?.detail ?? "" });
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      // Rejects when this is closed.
      await setTimeout(watchMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.#lookOrWait();
    }
  }

  /** The database or the agent may have gone for a moment: then the next look finds out. */
  async #lookOrWait(): Promise<void> {
    const wasSilent = this.#silence !== undefined;
    try {
      await this.look();
    } catch (error) {
      const isUnreachable = error instanceof NetwrightError && error.code === "AGENT_UNREACHABLE";
      if (isUnreachable && !wasSilent)
        await this.#tellAll("host.unreachable", this.#unreachable().message).catch(() => undefined);
      if (!isUnreachable && databaseError(error) === undefined) this.#onFault(error, "watching labs");
    }
  }

  /** Compares what is known with what runs. */
  async look(): Promise<void> {
    const before = this.#seen;
    const now = await this.#list();
    this.#seen = now;
    for (const name of before.keys()) if (!now.has(name)) this.#lost.add(name);
    if (this.#silence !== undefined) {
      this.#silence = undefined;
      await this.#tellAll("host.back", "The host that labs run on answers again.");
    }
    if (!this.#isCompared) await this.#compare();
    await this.#finish();
    if (this.#found !== undefined) {
      this.#lost.clear();
      await this.#found.compare(now);
      return;
    }
    if (this.#lost.size === 0) return;
    const lost = [...this.#lost];
    const labs = await this.#database.selectFrom("labs").selectAll().where("run_name", "in", lost).execute();
    for (const lab of labs) await this.#vanished(lab);
    for (const name of lost) this.#lost.delete(name);
  }

  /** Of a lab that is not there any more, whose last start went well: tells that, once. */
  async #vanished(lab: LabRow): Promise<void> {
    if (lab.desired !== "running" || lab.came_up === 0 || lab.problem !== null || this.#busy.has(lab.id)) return;
    const { code, message, remedy } = labError("LAB_VANISHED", { lab: lab.name }).toReport();
    const problem = JSON.stringify({ code, message, remedy });
    if ((await changeIfUnchanged(this.#database, "labs", lab, { problem })) === undefined) return;
    await this.#bulletin.add(lab.project_id, "lab.failed", lab.name, `Lab ${lab.name} has ended by itself`);
  }

  /** What a server before this one left to be done. */
  async #compare(): Promise<void> {
    const labs = await this.#database.selectFrom("labs").selectAll().execute();
    for (const lab of labs) {
      // One that has its name since is not it.
      const isAnother = this.#found !== undefined && lab.instance !== null && this.#instanceOf(lab) !== lab.instance;
      const runs = this.#seen.has(lab.run_name) && !isAnother;
      if (this.#busy.has(lab.id)) continue;
      if (lab.desired === "running" && lab.came_up === 0) void this.#begin(lab, "deploying");
      else if (lab.desired !== "running" && (runs || lab.desired === "deleted")) void this.#begin(lab, "stopping");
      // While no server was there to see it.
      else if (!runs && this.#found === undefined) await this.#vanished(lab);
    }
    this.#isCompared = true;
  }

  /** Takes down what could not be taken down before. */
  async #finish(): Promise<void> {
    const waiting = [...this.#unfinished].filter((id) => !this.#busy.has(id));
    if (waiting.length === 0) return;
    const labs = await this.#database.selectFrom("labs").selectAll().where("id", "in", waiting).execute();
    for (const id of waiting) if (!labs.some((lab) => lab.id === id)) this.#unfinished.delete(id);
    for (const lab of labs) {
      if (lab.desired === "running") this.#unfinished.delete(lab.id);
      else void this.#begin(lab, "stopping");
    }
  }

  /** Tells every project that has labs which should run. */
  async #tellAll(type: string, message: string): Promise<void> {
    const rows = await this.#database
      .selectFrom("labs")
      .select("project_id")
      .distinct()
      .where("desired", "=", "running")
      .execute();
    for (const { project_id: project } of rows) await this.#bulletin.add(project, type, "host", message);
  }
}

function problemFrom(error: unknown): Problem {
  if (error instanceof LabFileError) return problemFrom(error.errors[0]);
  if (error instanceof AggregateError) return problemFrom(error.errors[0]);
  // That the disk is full is what there is to know, whichever step found it.
  const full = known(error);
  if (full !== undefined) return full.toReport();
  if (error instanceof NetwrightError) return error.toReport();
  return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error) };
}
