import { setTimeout } from "node:timers/promises";
import { type ControlledLabState, ProjectPolicy } from "../api/index.ts";
import { LabFileError, labError, NetwrightError } from "../topology/index.ts";
import type { LoadedLab } from "../topology/load.ts";
import type { Agent, AgentState } from "./agent/agent.ts";
import type { Bulletin } from "./bulletin.ts";
import type { Database } from "./data/database.ts";
import type { Tables } from "./data/tables.ts";
import { readLabText, type Trust } from "./lab-text.ts";
import { reservePorts } from "./policy/ports.ts";
import type { ServerRules } from "./policy/rules.ts";

export type LabRow = Tables["labs"];
type Problem = { readonly code: string; readonly message: string; readonly remedy?: string };

const watchMs = 1_000;

/**
 * Makes labs what is wanted of them. What is wanted is in the database before anything is done, so that a server
 * that was killed at any moment goes on where it was: what should run and never came up is started, what should
 * not run is stopped, and a lab that runs is left as it is.
 */
export class LabKeeper {
  readonly #database: Database;
  readonly #agent: Agent;
  readonly #bulletin: Bulletin;
  readonly #trust: Trust;
  readonly #rules: ServerRules;
  #seen: ReadonlyMap<string, AgentState> = new Map();
  /** What is being done to a lab, by its id. Of one lab, one thing after the other. */
  readonly #busy = new Map<string, { readonly does: "deploying" | "stopping"; readonly done: Promise<void> }>();
  readonly #closing = new AbortController();
  #watching: Promise<void> | undefined;

  constructor(options: {
    database: Database;
    agent: Agent;
    bulletin: Bulletin;
    trust: Trust;
    rules: ServerRules;
  }) {
    this.#database = options.database;
    this.#agent = options.agent;
    this.#bulletin = options.bulletin;
    this.#trust = options.trust;
    this.#rules = options.rules;
  }

  /** Compares what is wanted with what runs, does what is missing, and goes on watching. */
  async open(): Promise<void> {
    this.#seen = await this.#agent.list();
    const labs = await this.#database.selectFrom("labs").selectAll().execute();
    for (const lab of labs) {
      const runs = this.#seen.has(lab.run_name);
      if (lab.desired === "running" && lab.came_up === 0) this.#begin(lab, "deploying");
      else if (lab.desired !== "running" && (runs || lab.desired === "deleted")) this.#begin(lab, "stopping");
    }
    this.#watching = this.#watch();
  }

  /** Labs go on. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#watching;
    await Promise.all([...this.#busy.values()].map(({ done }) => done));
  }

  stateOf(lab: LabRow): ControlledLabState {
    const busy = this.#busy.get(lab.id);
    if (busy !== undefined) return busy.does;
    const seen = this.#seen.get(lab.run_name);
    if (seen === undefined) return lab.desired === "running" ? "failed" : "stopped";
    return seen === "starting" ? "deploying" : seen;
  }

  problemOf(lab: LabRow): Problem | undefined {
    if (this.stateOf(lab) !== "failed") return undefined;
    if (lab.problem !== null) return JSON.parse(lab.problem) as Problem;
    return labError("LAB_VANISHED", { lab: lab.name }).toReport();
  }

  /** How many captures of a lab run; undefined for one that cannot be asked now. */
  async captures(lab: LabRow): Promise<number | undefined> {
    if (this.stateOf(lab) !== "running") return undefined;
    const captures = await this.#agent
      .client(lab.run_name)
      .captures()
      .catch(() => undefined);
    return captures?.filter(({ state }) => state !== "ended").length;
  }

  /** Begins to start a lab that is wanted. What comes of it is in the events. */
  deploy(lab: LabRow): void {
    this.#begin(lab, "deploying");
  }

  /** Takes down a lab that is not wanted any more, and forgets one that is deleted. */
  async stop(lab: LabRow): Promise<void> {
    await this.#busy.get(lab.id)?.done;
    this.#begin(lab, "stopping");
    await this.#busy.get(lab.id)?.done;
  }

  #begin(lab: LabRow, does: "deploying" | "stopping"): void {
    const work = does === "deploying" ? this.#start(lab) : this.#stop(lab);
    const done = work.finally(() => this.#busy.delete(lab.id));
    this.#busy.set(lab.id, { does, done });
  }

  async #start(lab: LabRow): Promise<void> {
    const tell = (type: string, message: string) => this.#bulletin.add(lab.project_id, type, lab.name, message);
    await tell("lab.deploying", `Lab ${lab.name} is being deployed`);
    try {
      const { lab: wanted, digest } = await this.#wanted(lab);
      // One that a server before this one began to start, and did not see come up.
      if (!(await this.#cameUp(lab.run_name))) {
        const phases: Promise<void>[] = [];
        await this.#agent.start(wanted, digest, this.#closing.signal, (phase) => {
          phases.push(tell("lab.progress", phase).catch(() => undefined));
        });
        await Promise.all(phases);
      }
      this.#seen = new Map([...this.#seen, [lab.run_name, "running"]]);
      await this.#change(lab, { came_up: 1, problem: null });
      await tell("lab.running", `Lab ${lab.name} runs`);
    } catch (error) {
      // It is wanted still, and the server that comes next starts it.
      if (this.#closing.signal.aborted) return;
      const problem = problemFrom(error);
      await this.#change(lab, { came_up: 1, problem: JSON.stringify(problem) });
      await tell("lab.failed", `Lab ${lab.name} did not come up: ${problem.message}`);
    }
  }

  /** What a lab is to be, by the rules of now. */
  async #wanted(lab: LabRow): Promise<LoadedLab> {
    const { policy } = await this.#database
      .selectFrom("projects")
      .select("policy")
      .where("id", "=", lab.project_id)
      .executeTakeFirstOrThrow();
    const loaded = readLabText(lab.text, {
      name: lab.run_name,
      variables: JSON.parse(lab.variables) as Record<string, string>,
      trust: this.#trust,
      rules: { policy: ProjectPolicy.parse(JSON.parse(policy)), server: this.#rules },
    });
    if (this.#trust === "own") return loaded;
    return { ...loaded, lab: await reservePorts(this.#database, lab.id, loaded.lab, this.#rules.ports) };
  }

  /** Waits for a lab that starts; whether it runs. */
  async #cameUp(name: string): Promise<boolean> {
    for (;;) {
      const state = (await this.#agent.list()).get(name);
      if (state !== "starting") return state === "running";
      await setTimeout(watchMs, undefined, { signal: this.#closing.signal });
    }
  }

  async #stop(lab: LabRow): Promise<void> {
    await this.#agent.stop(lab.run_name);
    const seen = new Map(this.#seen);
    seen.delete(lab.run_name);
    this.#seen = seen;
    if (lab.desired === "deleted") {
      await this.#database.deleteFrom("labs").where("id", "=", lab.id).execute();
      await this.#bulletin.add(lab.project_id, "lab.deleted", lab.name, `Lab ${lab.name} is deleted`);
    } else {
      await this.#change(lab, { problem: null });
      await this.#bulletin.add(lab.project_id, "lab.stopped", lab.name, `Lab ${lab.name} is stopped`);
    }
  }

  async #change(lab: LabRow, values: Partial<Pick<LabRow, "came_up" | "problem">>): Promise<void> {
    await this.#database
      .updateTable("labs")
      .set(({ eb }) => ({ ...values, revision: eb("revision", "+", 1) }))
      .where("id", "=", lab.id)
      .execute();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      // Rejects when this is closed.
      await setTimeout(watchMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#look();
      } catch {
        // The database or the agent has gone for a moment; the next look finds out.
      }
    }
  }

  async #look(): Promise<void> {
    const before = this.#seen;
    const now = await this.#agent.list();
    this.#seen = now;
    const lost = [...before.keys()].filter((name) => !now.has(name));
    if (lost.length === 0) return;
    const labs = await this.#database.selectFrom("labs").selectAll().where("run_name", "in", lost).execute();
    for (const lab of labs) {
      if (lab.desired !== "running" || this.#busy.has(lab.id)) continue;
      await this.#bulletin.add(lab.project_id, "lab.failed", lab.name, `Lab ${lab.name} has ended by itself`);
    }
  }
}

function problemFrom(error: unknown): Problem {
  if (error instanceof LabFileError) return problemFrom(error.errors[0]);
  if (error instanceof AggregateError) return problemFrom(error.errors[0]);
  if (error instanceof NetwrightError) return error.toReport();
  return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error) };
}
