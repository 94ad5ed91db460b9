import type { Quota } from "../../api/index.ts";
import { formatSize, isAppliance, type Lab, labError, runsPrograms } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import { type LabOutline, outlineColumns } from "../data/lab-outline.ts";
import type { LabRow } from "../lab-keeper.ts";
import type { ProjectRow } from "../server/input.ts";

type What = keyof Quota;
type Amounts = Readonly<Record<What, number>>;
/** What is kept of a lab, to be counted. */
export type Asked = Pick<LabRow, "nodes" | "links" | "cpu_millis" | "memory_bytes" | "captures">;

const kinds = ["labs", "nodes", "cpus", "memoryBytes", "captures"] as const satisfies readonly What[];
const shown = (what: What, amount: number): string =>
  what === "memoryBytes" && amount > 0 ? formatSize(Math.ceil(amount / 1024) * 1024) : String(amount);

/** What a lab asks for: limits of its nodes, or of all of them together, and the sizes of its virtual machines. */
export function askedBy(lab: Lab): Asked {
  return {
    nodes: lab.nodes.length,
    links: lab.links.length,
    cpu_millis: Math.round(1000 * sum(lab, "cpus").amount),
    memory_bytes: sum(lab, "memoryBytes").amount,
    captures: lab.captures?.length ?? 0,
  };
}

/** @returns besides, a node of which nobody knows how much it may use */
function sum(lab: Lab, key: "cpus" | "memoryBytes"): { readonly amount: number; readonly unlimited?: string } {
  const whole = lab.resources?.[key];
  if (whole !== undefined) return { amount: whole };
  let amount = 0;
  let unlimited: string | undefined;
  for (const node of lab.nodes) {
    const vm = isAppliance(node) ? { cpus: node.vm.cpus, memoryBytes: node.vm.memoryMiB * 2 ** 20 } : undefined;
    const own = isAppliance(node) || runsPrograms(node) ? (node.resources?.[key] ?? vm?.[key]) : 0;
    if (own === undefined) unlimited ??= node.name;
    amount += own ?? 0;
  }
  return { amount, ...(unlimited === undefined ? {} : { unlimited }) };
}

/** Quotas of projects. Where several ask at once, one is counted after the other. */
export class Quotas {
  readonly #database: Database;
  /** How many captures of a lab run now; undefined when it cannot be asked. */
  readonly #running: (lab: LabOutline) => Promise<number | undefined>;
  /** Of each project the last that was let in, whether it is done or not. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(database: Database, running: (lab: LabOutline) => Promise<number | undefined>) {
    this.#database = database;
    this.#running = running;
  }

  /**
   * Writes down that a lab is to run, if its project may have it: in the same transaction, while nobody else may.
   *
   * @param instead of what is counted already, when it changes or starts again
   * @throws QUOTA_EXCEEDED, QUOTA_NEEDS_LIMIT
   */
  async reserve<Value>(
    project: ProjectRow,
    lab: Lab,
    instead: LabRow | undefined,
    write: (transaction: Database, asked: Asked) => Promise<Value>,
  ): Promise<Value> {
    return this.#inTurn(project, () =>
      this.#database.transaction().execute(async (transaction) => {
        // Holds the row until the end of the transaction, in PostgreSQL; SQLite has one transaction at a time.
        const { quota: text } = await transaction
          .updateTable("projects")
          .set(({ ref }) => ({ revision: ref("revision") }))
          .where("id", "=", project.id)
          .returning("quota")
          .executeTakeFirstOrThrow();
        const quota = JSON.parse(text) as Quota;
        for (const [what, key] of [
          ["cpus", "cpus"],
          ["memory", "memoryBytes"],
        ] as const) {
          const { unlimited } = sum(lab, key);
          if (quota[key] !== undefined && unlimited !== undefined)
            throw labError("QUOTA_NEEDS_LIMIT", { project: project.name, node: unlimited, what });
        }
        const asked = askedBy(lab);
        const others = await this.#used(transaction, project, quota, instead);
        const before = instead === undefined ? undefined : countedOf(instead);
        requireRoom(project, quota, others, { ...amountsOf(asked), labs: 1 }, before);
        return write(transaction, asked);
      }),
    );
  }

  /** Starts a capture, if the project may have one more. @throws QUOTA_EXCEEDED */
  async capture<Value>(project: ProjectRow, start: () => Promise<Value>): Promise<Value> {
    const quota = JSON.parse(project.quota) as Quota;
    if (quota.captures === undefined) return start();
    return this.#inTurn(project, async () => {
      const used = await this.#used(this.#database, project, quota, undefined);
      requireRoom(project, { captures: quota.captures as number }, used, { ...nothing, captures: 1 }, undefined);
      return start();
    });
  }

  /** What all labs of a project have. */
  async usage(project: ProjectRow): Promise<Amounts> {
    return this.#used(this.#database, project, { captures: 0 }, undefined);
  }

  async #used(database: Database, project: ProjectRow, quota: Quota, except: LabRow | undefined): Promise<Amounts> {
    const rows = await database
      .selectFrom("labs")
      .select([...outlineColumns, "nodes", "cpu_millis", "memory_bytes", "captures"])
      .where("project_id", "=", project.id)
      .$if(except !== undefined, (query) => query.where("id", "!=", except?.id ?? ""))
      .execute();
    const total = { ...nothing };
    for (const row of rows) {
      total.labs += 1;
      total.nodes += row.nodes;
      if (row.desired !== "running") continue;
      total.cpus += row.cpu_millis / 1000;
      total.memoryBytes += row.memory_bytes;
      if (quota.captures !== undefined) total.captures += (await this.#running(row)) ?? row.captures;
    }
    // Those that were started by hand stay when the lab changes.
    if (except !== undefined && quota.captures !== undefined)
      total.captures += Math.max(0, ((await this.#running(except)) ?? 0) - except.captures);
    return { ...total, cpus: Math.round(total.cpus * 1000) / 1000 };
  }

  async #inTurn<Value>(project: ProjectRow, act: () => Promise<Value>): Promise<Value> {
    const before = this.#last.get(project.id);
    const mine = (before ?? Promise.resolve()).then(act, act);
    this.#last.set(project.id, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(project.id) === mine) this.#last.delete(project.id);
    }
  }
}

const nothing = { labs: 0, nodes: 0, cpus: 0, memoryBytes: 0, captures: 0 };

const amountsOf = (asked: Asked): Amounts => ({
  labs: 1,
  nodes: asked.nodes,
  cpus: asked.cpu_millis / 1000,
  memoryBytes: asked.memory_bytes,
  captures: asked.captures,
});

/** A lab that is stopped has only its nodes. */
const countedOf = (row: LabRow): Amounts =>
  row.desired === "running" ? amountsOf(row) : { ...nothing, labs: 1, nodes: row.nodes };

function requireRoom(project: ProjectRow, quota: Quota, used: Amounts, asked: Amounts, before: Amounts | undefined) {
  for (const what of kinds) {
    const limit = quota[what];
    // What gets no more may stay, also where the quota was made smaller.
    if (limit === undefined || used[what] + asked[what] <= limit || asked[what] <= (before?.[what] ?? 0)) continue;
    throw labError("QUOTA_EXCEEDED", {
      project: project.name,
      what,
      limit: shown(what, limit),
      used: shown(what, used[what] + (before?.[what] ?? 0)),
      asked: shown(what, asked[what] - (before?.[what] ?? 0)),
    });
  }
}
