import type { ControlledLab, Quota } from "../../api/index.ts";
import { type Lab, labError, plan, planReport } from "../../topology/index.ts";
import type { Agent } from "../agent/agent.ts";
import type { Database } from "../data/database.ts";
import { newId } from "../identity/secrets.ts";
import type { LabKeeper, LabRow } from "../lab-keeper.ts";
import { readingOf, readLabText, type Trust } from "../lab-text.ts";
import type { Handlers, ProjectRow } from "../server/input.ts";
import { pageOf, timeText } from "./page.ts";
import { findTopologyVersion } from "./topologies.ts";

type Names =
  | "readText"
  | "labText"
  | "labs"
  | "lab"
  | "deploy"
  | "planLab"
  | "applyLab"
  | "stopLab"
  | "startLab"
  | "deleteLab";

/** @throws PROJECT_LAB_NOT_FOUND */
export async function findLabRow(database: Database, project: ProjectRow, name: string): Promise<LabRow> {
  const row = await database
    .selectFrom("labs")
    .selectAll()
    .where("project_id", "=", project.id)
    .where("name", "=", name)
    .where("desired", "!=", "deleted")
    .executeTakeFirst();
  if (row === undefined) throw labError("PROJECT_LAB_NOT_FOUND", { project: project.name, lab: name });
  return row;
}

export type LabServices = {
  readonly database: Database;
  readonly agent: Agent;
  readonly keeper: LabKeeper;
  readonly trust: Trust;
  readonly clock: () => number;
};

export function labHandlers({ database, agent, keeper, trust, clock }: LabServices): Handlers<Names> {
  const labOf = (row: LabRow): ControlledLab => {
    const problem = keeper.problemOf(row);
    return {
      id: row.id,
      name: row.name,
      state: keeper.stateOf(row),
      ...(row.topology_name === null || row.topology_version === null
        ? {}
        : { topology: { name: row.topology_name, version: row.topology_version } }),
      nodes: row.nodes,
      links: row.links,
      owner: row.owner,
      revision: row.revision,
      createdAt: timeText(row.created_at),
      ...(problem === undefined ? {} : { problem }),
    };
  };
  const read = (row: Pick<LabRow, "run_name" | "variables">, text: string) =>
    readLabText(text, {
      name: row.run_name,
      variables: JSON.parse(row.variables) as Record<string, string>,
      trust,
    });
  const want = async (row: LabRow, values: Partial<LabRow>): Promise<LabRow> => {
    const wanted = { ...row, ...values, revision: row.revision + 1 };
    const done = await database
      .updateTable("labs")
      .set(wanted)
      .where("id", "=", row.id)
      .where("revision", "=", row.revision)
      .executeTakeFirst();
    if (done.numUpdatedRows !== 1n) throw labError("CHANGED_MEANWHILE", { what: `Lab ${row.name}` });
    return wanted;
  };
  const running = (row: LabRow): void => {
    const state = keeper.stateOf(row);
    if (state !== "running") throw labError("LAB_NOT_RUNNING", { lab: row.name, state });
  };
  return {
    readText: ({ body: { text, variables } }) => Promise.resolve(readingOf(text, { name: "lab", variables, trust })),
    labs: async ({ project, query: { limit, after = "" } }) => {
      const rows = await database
        .selectFrom("labs")
        .selectAll()
        .where("project_id", "=", project.id)
        .where("desired", "!=", "deleted")
        .where("name", ">", after)
        .orderBy("name")
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, labOf, ({ name }) => name);
    },
    lab: async ({ project, params: { lab = "" } }) => labOf(await findLabRow(database, project, lab)),
    labText: async ({ project, params: { lab = "" } }) => {
      const { text, revision } = await findLabRow(database, project, lab);
      return { text, revision };
    },
    deploy: async ({ project, caller, body }) => {
      const version =
        body.topology === undefined
          ? undefined
          : await findTopologyVersion(database, project, body.topology.name, body.topology.version);
      const text = body.text ?? version?.text ?? "";
      const id = newId();
      const draft = { run_name: `${body.name}-${id.slice(0, 6)}`, variables: JSON.stringify(body.variables) };
      const { lab } = read(draft, text);
      const row: LabRow = {
        id,
        project_id: project.id,
        name: body.name,
        ...draft,
        topology_name: body.topology?.name ?? null,
        topology_version: version?.version ?? null,
        text,
        nodes: lab.nodes.length,
        links: lab.links.length,
        owner: caller.user.name,
        desired: "running",
        came_up: 0,
        problem: null,
        revision: 1,
        created_at: clock(),
      };
      await database.transaction().execute(async (transaction) => {
        await requireQuota(transaction, project, lab, undefined);
        const done = await transaction
          .insertInto("labs")
          .values(row)
          .onConflict((conflict) => conflict.columns(["project_id", "name"]).doNothing())
          .executeTakeFirst();
        if (done.numInsertedOrUpdatedRows !== 1n) throw labError("NAME_IN_USE", { what: "lab", name: body.name });
      });
      keeper.deploy(row);
      return labOf(row);
    },
    planLab: async ({ project, params: { lab: name = "" }, body: { text } }) => {
      const row = await findLabRow(database, project, name);
      running(row);
      const wanted = read(row, text).lab;
      const { phases } = planReport(plan(wanted, await agent.client(row.run_name).config()));
      return {
        steps: phases.flatMap(({ title, steps }) =>
          steps.map(({ symbol, text: what }) => ({ phase: title, symbol, text: what })),
        ),
      };
    },
    applyLab: async ({ project, params: { lab: name = "" }, body: { text }, ifMatch, signal }) => {
      const row = await findLabRow(database, project, name);
      if (ifMatch !== undefined && ifMatch !== row.revision)
        throw labError("CHANGED_MEANWHILE", { what: `Lab ${name}` });
      running(row);
      const { lab, digest } = read(row, text);
      await requireQuota(database, project, lab, row);
      await agent.client(row.run_name).apply({ lab, digest }, { signal });
      return labOf(
        await want(row, {
          text,
          nodes: lab.nodes.length,
          links: lab.links.length,
          topology_name: null,
          topology_version: null,
        }),
      );
    },
    stopLab: async ({ project, params: { lab = "" } }) => {
      const row = await want(await findLabRow(database, project, lab), { desired: "stopped" });
      await keeper.stop(row);
      return labOf(await findLabRow(database, project, lab));
    },
    startLab: async ({ project, params: { lab = "" } }) => {
      const row = await findLabRow(database, project, lab);
      const state = keeper.stateOf(row);
      if (state === "running" || state === "deploying") return labOf(row);
      if (state !== "stopped" && state !== "failed") throw labError("LAB_IN_TRANSITION", { lab, state });
      const wanted = await want(row, { desired: "running", came_up: 0, problem: null });
      keeper.deploy(wanted);
      return labOf(wanted);
    },
    deleteLab: async ({ project, params: { lab = "" } }) => {
      await keeper.stop(await want(await findLabRow(database, project, lab), { desired: "deleted" }));
      return undefined;
    },
  };
}

/** @throws QUOTA_EXCEEDED when the project would have more than it may with `lab`, in place of `instead` */
async function requireQuota(database: Database, project: ProjectRow, lab: Lab, instead: LabRow | undefined) {
  const quota = JSON.parse(project.quota) as Quota;
  const { labs, nodes } = await database
    .selectFrom("labs")
    .select(({ fn }) => [fn.countAll().as("labs"), fn.sum("nodes").as("nodes")])
    .where("project_id", "=", project.id)
    .executeTakeFirstOrThrow();
  const wanted = {
    labs: Number(labs) + (instead === undefined ? 1 : 0),
    nodes: Number(nodes ?? 0) - (instead?.nodes ?? 0) + lab.nodes.length,
  };
  for (const what of ["labs", "nodes"] as const) {
    const limit = quota[what];
    if (limit !== undefined && wanted[what] > limit)
      throw labError("QUOTA_EXCEEDED", { project: project.name, what, limit, wanted: wanted[what] });
  }
}
