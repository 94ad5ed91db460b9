import { ProjectPolicy } from "../api/index.ts";
import type { LoadedLab } from "../topology/load.ts";
import type { Agent } from "./agent/agent.ts";
import type { Database } from "./data/database.ts";
import { giveNetworkIds } from "./data/network-ids.ts";
import { changeRow } from "./data/revised.ts";
import type { LabKeeper, LabRow } from "./lab-keeper.ts";
import { readLabText, type Trust } from "./lab-text.ts";
import { releasePorts, reservePorts } from "./policy/ports.ts";
import { type Asked, askedBy, type Quotas } from "./policy/quotas.ts";
import type { ServerRules, TeamRules } from "./policy/rules.ts";
import { requireChanged } from "./server/if-match.ts";
import type { ProjectRow } from "./server/input.ts";

/** What a lab is being turned into, as it is kept meanwhile. */
type Change = { readonly text: string; readonly digest: string; readonly asked: Asked };

export type ChangeServices = {
  readonly database: Database;
  readonly agent: Agent;
  readonly keeper: LabKeeper;
  readonly trust: Trust;
  readonly rules: ServerRules;
  readonly quotas: Quotas;
};

/** @throws CHANGED_MEANWHILE */
export function updateLab(database: Database, row: LabRow, values: Partial<LabRow>): Promise<LabRow> {
  return changeRow(database, "labs", row, values, `Lab ${row.name}`);
}

/**
 * Turns labs that run into others. What one is to be is in the database before anything is done: a server that was
 * killed meanwhile is followed by one that finishes it, since what has been done is not done again.
 */
export class LabChanges {
  readonly #of: ChangeServices;

  constructor(services: ChangeServices) {
    this.#of = services;
  }

  rulesOf({ policy }: Pick<ProjectRow, "policy">): TeamRules {
    return { policy: ProjectPolicy.parse(JSON.parse(policy)), server: this.#of.rules };
  }

  /** What a text is for a lab of a project. @throws as `readLabText` */
  read(
    project: Pick<ProjectRow, "policy">,
    row: Pick<LabRow, "run_name" | "variables" | "file">,
    text: string,
  ): Promise<LoadedLab> {
    return readLabText(text, {
      name: row.run_name,
      variables: JSON.parse(row.variables) as Record<string, string>,
      trust: this.#of.trust,
      rules: this.rulesOf(project),
      file: row.file,
    });
  }

  /** @throws QUOTA_EXCEEDED, CHANGED_MEANWHILE, and why it failed; the lab is as it was then */
  async apply(project: ProjectRow, row: LabRow, text: string, signal: AbortSignal): Promise<LabRow> {
    const { quotas, keeper } = this.#of;
    const { lab, digest } = await this.read(project, row, text);
    return keeper.whileChanging(row, async () => {
      // What it had and what it will have, the greater of both, until it is one of them.
      const held = await quotas.reserve(project, lab, row, async (transaction, asked) => {
        await giveNetworkIds(transaction, row.id, lab.links.length);
        const change: Change = { text, digest, asked };
        const values = { ...greater(row, asked), pending_change: JSON.stringify(change) };
        await reservePorts(transaction, row.id, lab, this.#ports);
        // The revision is that of before, as the lab is: who saw that may try again when this fails.
        const done = await transaction
          .updateTable("labs")
          .set(values)
          .where("id", "=", row.id)
          .where("revision", "=", row.revision)
          .where("pending_change", "is", null)
          .executeTakeFirst();
        requireChanged(done.numUpdatedRows, `Lab ${row.name}`);
        return { ...row, ...values };
      });
      return this.#make(project, held, signal);
    });
  }

  /** Does what servers before this one were about to do to labs that still run; forgets it of others. */
  async resume(): Promise<void> {
    const { database, keeper } = this.#of;
    const rows = await database.selectFrom("labs").selectAll().where("pending_change", "is not", null).execute();
    for (const row of rows) {
      const project = await database
        .selectFrom("projects")
        .selectAll()
        .where("id", "=", row.project_id)
        .executeTakeFirstOrThrow();
      await keeper.whileChanging(row, async () => {
        if (keeper.stateOf(row) !== "running") await this.#forget(project, row);
        // Why it does not do, nobody waits to hear: the lab is as it was.
        else await this.#make(project, row, new AbortController().signal).catch(() => undefined);
      });
    }
  }

  async #make(project: ProjectRow, held: LabRow, signal: AbortSignal): Promise<LabRow> {
    const { agent, database, keeper } = this.#of;
    const { text, digest, asked } = JSON.parse(held.pending_change ?? "") as Change;
    const { file, run_name: name } = held;
    let lab: LoadedLab["lab"];
    try {
      lab = await reservePorts(database, held.id, (await this.read(project, held, text)).lab, this.#ports);
      const change = { digest, ...(file === null ? {} : { file }) };
      if (agent.apply !== undefined) await agent.apply(lab, { ...change, signal });
      // Who asked may go: what has begun goes on in the lab.
      else await agent.client(name).apply({ lab, ...change });
    } catch (error) {
      await this.#forget(project, held);
      throw error;
    }
    const differs = text === held.text ? {} : { topology_changed: 1 };
    const done = { ...asked, ...differs, text, digest, pending_change: null, live_links: null };
    const applied = await keeper.eventually(() => updateLab(database, held, done));
    await releasePorts(database, held.id, lab);
    return applied;
  }

  /** The lab is as it was before; so is what is counted of it, and so are its ports. */
  async #forget(project: ProjectRow, held: LabRow): Promise<void> {
    const { database, keeper } = this.#of;
    const before = (await this.read(project, held, held.text)).lab;
    await keeper.eventually(() =>
      database
        .updateTable("labs")
        .set({ ...askedBy(before), pending_change: null })
        .where("id", "=", held.id)
        .where("revision", "=", held.revision)
        .execute(),
    );
    await releasePorts(database, held.id, await reservePorts(database, held.id, before, this.#ports));
  }

  get #ports(): ServerRules["ports"] {
    return this.#of.trust === "team" ? this.#of.rules.ports : undefined;
  }
}

const greater = (row: LabRow, asked: Asked): Partial<LabRow> =>
  Object.fromEntries(Object.entries(asked).map(([key, value]) => [key, Math.max(row[key as keyof Asked], value)]));
