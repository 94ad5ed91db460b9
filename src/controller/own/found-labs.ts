import type { Agent, AgentState, DescribedLab } from "../agent/agent.ts";
import type { Bulletin } from "../bulletin.ts";
import type { Database } from "../data/database.ts";
import { changeIfUnchanged } from "../data/revised.ts";
import type { Tables } from "../data/tables.ts";
import { newId } from "../identity/secrets.ts";
import { askedBy } from "../policy/quotas.ts";

type LabRow = Tables["labs"];
/** What is looked at each second: not the texts, which are long. */
const lookedAt = [
  ...(["id", "name", "run_name", "desired", "came_up", "problem"] as const),
  ...(["instance", "digest", "is_found", "revision"] as const),
] as const;
type LookedAt = Pick<LabRow, (typeof lookedAt)[number]>;

/** Where labs of the command line are shown, and who they belong to. */
export type FoundProject = { readonly project: string; readonly owner: string };

/**
 * Labs of one person, who starts, changes and ends them by the command line as well: the server follows what runs,
 * and does nothing about it.
 */
export class FoundLabs {
  readonly #database: Database;
  readonly #agent: Agent;
  readonly #bulletin: Bulletin;
  readonly #clock: () => number;
  readonly #of: FoundProject;
  readonly #isBusy: (lab: Pick<LabRow, "id">) => boolean;
  #comparing: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly database: Database;
    readonly agent: Agent;
    readonly bulletin: Bulletin;
    readonly clock: () => number;
    readonly project: FoundProject;
    /** Whether this server is doing something to a lab. */
    readonly isBusy: (lab: Pick<LabRow, "id">) => boolean;
  }) {
    this.#database = options.database;
    this.#agent = options.agent;
    this.#bulletin = options.bulletin;
    this.#clock = options.clock;
    this.#of = options.project;
    this.#isBusy = options.isBusy;
  }

  /** Brings the database in step with what runs. One call after the other. */
  compare(seen: ReadonlyMap<string, AgentState>): Promise<void> {
    const compared = this.#comparing.then(() => this.#compare(seen));
    this.#comparing = compared.catch(() => undefined);
    return compared;
  }

  async #compare(seen: ReadonlyMap<string, AgentState>): Promise<void> {
    const rows = await this.#database.selectFrom("labs").select(lookedAt).execute();
    const known = new Set(rows.map((row) => row.run_name));
    for (const row of rows) {
      // What the server has begun, it ends.
      if (this.#isBusy(row) || (row.desired === "running" && row.came_up === 0)) continue;
      if (!seen.has(row.run_name)) await this.#ended(row);
      else await this.#follow(row);
    }
    for (const [name, state] of seen) if (state === "running" && !known.has(name)) await this.#add(name);
  }

  async #ended(row: LookedAt): Promise<void> {
    // What did not come up is not there, and says why.
    if (row.desired !== "running" || row.problem !== null || this.#agent.found?.(row.run_name) !== undefined) return;
    if (row.is_found === 1) {
      await this.#database.deleteFrom("labs").where("id", "=", row.id).execute();
      await this.#tell("lab.deleted", row.name, `Lab ${row.name}, of the command line, has ended`);
      return;
    }
    if (await this.#change(row, { desired: "stopped" }))
      await this.#tell("lab.stopped", row.name, `Lab ${row.name} has ended, or was taken down by the command line`);
  }

  async #follow(row: LookedAt): Promise<void> {
    const found = this.#agent.found?.(row.run_name);
    if (found === undefined) return;
    if (found.startedAt === row.instance && (found.digest === undefined || found.digest === row.digest)) return;
    const described = await this.#agent.describe?.(row.run_name).catch(() => undefined);
    if (described === undefined || this.#isBusy(row)) return;
    const { startedAt } = found;
    const isSame = startedAt === row.instance;
    if (isSame && described.digest === row.digest) return;
    // Its text may be what was deployed here.
    const text = described.digest === row.digest ? {} : this.#textOf(described);
    const began = isSame ? {} : { live_links: null };
    const values = { ...text, ...began, desired: "running", came_up: 1, problem: null, instance: startedAt } as const;
    if (!(await this.#change(row, values))) return;
    const what = isSame ? "was changed" : "was started";
    await this.#tell(isSame ? "lab.changed" : "lab.running", row.name, `Lab ${row.name} ${what} by the command line`);
  }

  async #add(name: string): Promise<void> {
    const found = this.#agent.found?.(name);
    const described = found && (await this.#agent.describe?.(name).catch(() => undefined));
    if (found === undefined || described === undefined) return;
    const done = await this.#database
      .insertInto("labs")
      .values({
        id: newId(),
        project_id: this.#of.project,
        name,
        run_name: name,
        ...this.#textOf(described),
        owner: this.#of.owner,
        desired: "running",
        came_up: 1,
        problem: null,
        instance: found.startedAt,
        is_found: 1,
        pending_change: null,
        revision: 1,
        created_at: this.#clock(),
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (done.numInsertedOrUpdatedRows === 1n)
      await this.#tell("lab.running", name, `Lab ${name} was started by the command line`);
  }

  #textOf({ lab, text, digest, file }: DescribedLab) {
    return {
      text,
      digest,
      file: file ?? null,
      ...askedBy(lab),
      topology_name: null,
      topology_version: null,
      topology_changed: 0,
      variables: "{}",
      live_links: null,
    };
  }

  /** @returns whether nobody else has changed it meanwhile */
  async #change(row: LookedAt, values: Partial<LabRow>): Promise<boolean> {
    return (await changeIfUnchanged(this.#database, "labs", row, values)) !== undefined;
  }

  #tell(type: string, subject: string, message: string): Promise<void> {
    return this.#bulletin.add(this.#of.project, type, subject, message);
  }
}
