import type { ControlledLab } from "../../api/index.ts";
import { labError, plan, planReport } from "../../topology/index.ts";
import { linkChanges } from "../../topology/link-changes.ts";
import type { Agent } from "../agent/agent.ts";
import type { Bulletin } from "../bulletin.ts";
import type { Database } from "../data/database.ts";
import { giveNetworkIds, type NetworkIds, networkIdsOf } from "../data/network-ids.ts";
import { type LabChanges, updateLab } from "../lab-changes.ts";
import type { LabKeeper, LabRow } from "../lab-keeper.ts";
import { readingOf, type Trust } from "../lab-text.ts";
import { asItRan } from "../live-links.ts";
import { reservePorts } from "../policy/ports.ts";
import type { Quotas } from "../policy/quotas.ts";
import type { ServerRules } from "../policy/rules.ts";
import { type IfMatch, requireMatch } from "../server/if-match.ts";
import type { Handlers, ProjectRow } from "../server/input.ts";
import { pageOf, timeText } from "./page.ts";
import { findTopologyVersion } from "./topologies.ts";

type Names =
  | "readText"
  | "labText"
  | "labLinkChanges"
  | "labLastLogs"
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

/** What is told of a lab: all of it but the texts, which are long. */
const shownColumns = [
  ...(["id", "name", "run_name", "topology_name", "topology_version", "topology_changed"] as const),
  ...(["nodes", "links", "owner"] as const),
  ...(["desired", "problem", "revision", "created_at"] as const),
] as const;
type ShownRow = Pick<LabRow, (typeof shownColumns)[number]>;

export type LabServices = {
  readonly database: Database;
  readonly agent: Agent;
  readonly bulletin: Bulletin;
  readonly keeper: LabKeeper;
  readonly changes: LabChanges;
  readonly trust: Trust;
  readonly rules: ServerRules;
  readonly quotas: Quotas;
  readonly clock: () => number;
};

export function labHandlers({
  database,
  agent,
  bulletin,
  keeper,
  changes,
  trust,
  rules,
  quotas,
  clock,
}: LabServices): Handlers<Names> {
  const labOf = (row: ShownRow, networkIds: NetworkIds | undefined): ControlledLab => {
    const problem = keeper.problemOf(row);
    return {
      id: row.id,
      name: row.name,
      state: keeper.stateOf(row),
      ...(row.topology_name === null || row.topology_version === null
        ? {}
        : {
            topology: {
              name: row.topology_name,
              version: row.topology_version,
              isChanged: row.topology_changed === 1,
            },
          }),
      nodes: row.nodes,
      links: row.links,
      owner: row.owner,
      revision: row.revision,
      createdAt: timeText(row.created_at),
      ...(networkIds === undefined ? {} : { networkIds }),
      ...(problem === undefined ? {} : { problem }),
    };
  };
  const withIds = async (row: ShownRow): Promise<ControlledLab> =>
    labOf(row, (await networkIdsOf(database, [row.id])).get(row.id));
  const found = async (project: ProjectRow, name: string, ifMatch: IfMatch | undefined): Promise<LabRow> => {
    const row = await findLabRow(database, project, name);
    requireMatch(ifMatch, row.revision, `Lab ${name}`);
    return row;
  };
  const ports = trust === "team" ? rules.ports : undefined;
  const running = (row: LabRow): void => {
    const state = keeper.stateOf(row);
    if (state !== "running") throw labError("LAB_NOT_RUNNING", { lab: row.name, state });
  };
  return {
    readText: ({ project, body: { text, variables } }) =>
      readingOf(text, { name: "lab", variables, trust, rules: changes.rulesOf(project) }),
    labs: async ({ project, query: { limit, after = "" } }) => {
      const rows = await database
        .selectFrom("labs")
        .select(shownColumns)
        .where("project_id", "=", project.id)
        .where("desired", "!=", "deleted")
        .where("name", ">", after)
        .orderBy("name")
        .limit(limit + 1)
        .execute();
      const ids = await networkIdsOf(
        database,
        rows.map(({ id }) => id),
      );
      return pageOf(
        rows,
        limit,
        (row) => labOf(row, ids.get(row.id)),
        ({ name }) => name,
      );
    },
    lab: async ({ project, params: { lab = "" } }) => withIds(await findLabRow(database, project, lab)),
    labText: async ({ project, params: { lab = "" } }) => {
      const { text, revision } = await findLabRow(database, project, lab);
      return { text, revision };
    },
    labLastLogs: async ({ project, params: { lab = "" }, query: { tail } }) => {
      const row = await findLabRow(database, project, lab);
      return { lines: [...((await agent.lastLogs?.(row.run_name, tail)) ?? [])] };
    },
    labLinkChanges: async ({ project, params: { lab: name = "" } }) => {
      const row = await findLabRow(database, project, name);
      running(row);
      const [{ lab: file }, now] = await Promise.all([
        changes.read(project, row, row.text),
        agent.client(row.run_name).config(),
      ]);
      return linkChanges(file, now);
    },
    deploy: async ({ project, caller, newId, body }) => {
      const id = newId();
      const made = await database
        .selectFrom("labs")
        .select(shownColumns)
        .where("id", "=", id)
        .where("desired", "!=", "deleted")
        .executeTakeFirst();
      if (made !== undefined) return withIds(made);
      const version =
        body.topology === undefined
          ? undefined
          : await findTopologyVersion(database, project, body.topology.name, body.topology.version);
      const text = body.text ?? version?.text ?? "";
      const draft = {
        // One's own labs are called the same on the command line.
        run_name: trust === "own" ? body.name : `${body.name}-${id.slice(0, 6)}`,
        variables: JSON.stringify(body.variables),
        file: null,
      };
      const { lab, digest } = await changes.read(project, draft, text);
      // Those of the command line have their names, too.
      if (trust === "own") await keeper.look();
      const row = {
        id,
        project_id: project.id,
        name: body.name,
        ...draft,
        topology_name: body.topology?.name ?? null,
        topology_version: version?.version ?? null,
        topology_changed: 0,
        text,
        owner: caller.user.name,
        desired: "running" as const,
        came_up: 0,
        problem: null,
        instance: null,
        digest,
        is_found: 0,
        pending_change: null,
        live_links: null,
        revision: 1,
        created_at: clock(),
      };
      const wanted = await quotas.reserve(project, lab, undefined, async (transaction, asked) => {
        const inserted: LabRow = { ...row, ...asked };
        const done = await transaction
          .insertInto("labs")
          .values(inserted)
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (done.numInsertedOrUpdatedRows !== 1n) throw labError("NAME_IN_USE", { what: "lab", name: body.name });
        await reservePorts(transaction, id, lab, ports);
        await giveNetworkIds(transaction, id, lab.links.length);
        return inserted;
      });
      keeper.deploy(wanted);
      return withIds(wanted);
    },
    planLab: async ({ project, params: { lab: name = "" }, body: { text } }) => {
      const row = await findLabRow(database, project, name);
      running(row);
      const asRead = (await changes.read(project, row, text)).lab;
      const wanted = (await agent.known?.(asRead)) ?? asRead;
      const { phases } = planReport(plan(wanted, await agent.client(row.run_name).config()));
      return {
        steps: phases.flatMap(({ title, steps }) =>
          steps.map(({ symbol, text: what }) => ({ phase: title, symbol, text: what })),
        ),
      };
    },
    applyLab: async ({ project, caller, params: { lab: name = "" }, body: { text }, ifMatch, signal }) => {
      const row = await found(project, name, ifMatch);
      running(row);
      const changed = await changes.apply(project, row, text, signal);
      await bulletin.tell(project.id, "lab.changed", name, `Lab ${name} was changed by ${caller.user.name}`);
      return withIds(changed);
    },
    stopLab: async ({ project, params: { lab = "" }, ifMatch }) => {
      const row = await updateLab(database, await found(project, lab, ifMatch), {
        desired: "stopped",
        is_found: 0,
        pending_change: null,
      });
      await keeper.stop(row);
      return withIds(await findLabRow(database, project, lab));
    },
    startLab: async ({ project, params: { lab = "" }, ifMatch }) => {
      const row = await found(project, lab, ifMatch);
      const state = keeper.stateOf(row);
      if (state === "running" || state === "deploying") return withIds(row);
      if (state !== "stopped" && state !== "failed") throw labError("LAB_IN_TRANSITION", { lab, state });
      const asRead = asItRan((await changes.read(project, row, row.text)).lab, row);
      const fresh = {
        desired: "running",
        came_up: 0,
        problem: null,
        instance: null,
        is_found: 0,
        pending_change: null,
      } as const;
      const wanted = await quotas.reserve(project, asRead, row, async (transaction, asked) => {
        await giveNetworkIds(transaction, row.id, asRead.links.length);
        return updateLab(transaction, row, { ...asked, ...fresh });
      });
      keeper.deploy(wanted);
      return withIds(wanted);
    },
    deleteLab: async ({ project, params: { lab = "" }, ifMatch }) => {
      await keeper.stop(await updateLab(database, await found(project, lab, ifMatch), { desired: "deleted" }));
      return undefined;
    },
  };
}
