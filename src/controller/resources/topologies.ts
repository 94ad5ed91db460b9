import type { Layout, Topology, TopologyVersion } from "../../api/index.ts";
import { labError } from "../../topology/index.ts";
import type { Bulletin } from "../bulletin.ts";
import type { Database } from "../data/database.ts";
import type { Tables } from "../data/tables.ts";
import { rememberedMs } from "../server/idempotency.ts";
import { requireChanged, requireMatch } from "../server/if-match.ts";
import type { Handlers, ProjectRow } from "../server/input.ts";
import { pageOf, timeText } from "./page.ts";

type Names = "topologies" | "topology" | "saveTopology" | "topologyVersions" | "deleteTopology";

const topologyOf = (row: Tables["topologies"]): Topology => ({
  id: row.id,
  name: row.name,
  version: row.version,
  createdAt: timeText(row.created_at),
  updatedAt: timeText(row.updated_at),
});

const versionOf = (name: string, row: Tables["topology_versions"]): TopologyVersion => ({
  topology: name,
  version: row.version,
  text: row.text,
  message: row.message,
  author: row.author,
  createdAt: timeText(row.created_at),
  ...(row.layout === null ? {} : { layout: JSON.parse(row.layout) as Layout }),
});

/** @throws TOPOLOGY_NOT_FOUND */
export async function findTopologyVersion(
  database: Database,
  project: ProjectRow,
  name: string,
  version: number | undefined,
): Promise<Tables["topology_versions"]> {
  const row = await database
    .selectFrom("topologies")
    .innerJoin("topology_versions", "topology_versions.topology_id", "topologies.id")
    .selectAll("topology_versions")
    .where("topologies.project_id", "=", project.id)
    .where("topologies.name", "=", name)
    .$if(version !== undefined, (query) => query.where("topology_versions.version", "=", version as number))
    .$if(version === undefined, (query) => query.whereRef("topology_versions.version", "=", "topologies.version"))
    .executeTakeFirst();
  if (row === undefined)
    throw labError("TOPOLOGY_NOT_FOUND", {
      project: project.name,
      topology: name,
      ...(version === undefined ? {} : { version }),
    });
  return row;
}

export function topologyHandlers(database: Database, bulletin: Bulletin, clock: () => number): Handlers<Names> {
  const tell = (project: ProjectRow, type: string, name: string, what: string) =>
    bulletin.tell(project.id, type, name, `Topology ${name} ${what}`);
  const find = async (project: ProjectRow, name: string) => {
    const row = await database
      .selectFrom("topologies")
      .selectAll()
      .where("project_id", "=", project.id)
      .where("name", "=", name)
      .executeTakeFirst();
    if (row === undefined) throw labError("TOPOLOGY_NOT_FOUND", { project: project.name, topology: name });
    return row;
  };
  return {
    topologies: async ({ project, query: { limit, after = "" } }) => {
      const rows = await database
        .selectFrom("topologies")
        .selectAll()
        .where("project_id", "=", project.id)
        .where("name", ">", after)
        .orderBy("name")
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, topologyOf, ({ name }) => name);
    },
    topology: async ({ project, params: { topology = "" }, query: { version } }) =>
      versionOf(topology, await findTopologyVersion(database, project, topology, version)),
    saveTopology: async ({
      project,
      caller,
      newId,
      params: { topology: name = "" },
      body: { text, message, layout, lab },
      ifMatch,
    }) => {
      const saved = await database.transaction().execute(async (transaction) => {
        const now = clock();
        const known = await transaction
          .selectFrom("topologies")
          .selectAll()
          .where("project_id", "=", project.id)
          .where("name", "=", name)
          .executeTakeFirst();
        // As the same request was answered by a server that is gone before it knew that it had answered.
        const requested = newId();
        const saved =
          known &&
          (await transaction
            .selectFrom("topology_versions")
            .selectAll()
            .where("topology_id", "=", known.id)
            .where("id", "=", requested)
            .where("created_at", ">=", now - rememberedMs)
            .executeTakeFirst());
        if (saved !== undefined) return versionOf(name, saved);
        const version = (known?.version ?? 0) + 1;
        // "0" is what somebody has seen who draws one that is not there yet.
        requireMatch(ifMatch, known?.version ?? (ifMatch === "any" ? undefined : 0), `Topology ${name}`);
        const id = known?.id ?? requested;
        if (known === undefined) {
          await transaction
            .insertInto("topologies")
            .values({ id, project_id: project.id, name, version, created_at: now, updated_at: now })
            .execute();
        } else {
          const done = await transaction
            .updateTable("topologies")
            .set({ version, updated_at: now })
            .where("id", "=", id)
            .where("version", "=", known.version)
            .executeTakeFirst();
          requireChanged(done.numUpdatedRows, `Topology ${name}`);
        }
        const row = {
          topology_id: id,
          version,
          text,
          message,
          author: caller.user.name,
          created_at: now,
          layout: layout === undefined ? null : JSON.stringify(layout),
          id: requested,
        };
        await transaction.insertInto("topology_versions").values(row).execute();
        if (lab !== undefined) {
          const { numUpdatedRows } = await transaction
            .updateTable("labs")
            .set({ topology_name: name, topology_version: version, topology_changed: 0 })
            .where("project_id", "=", project.id)
            .where("name", "=", lab)
            .where("desired", "!=", "deleted")
            .where("text", "=", text)
            .where("pending_change", "is", null)
            .executeTakeFirst();
          requireChanged(numUpdatedRows, `Lab ${lab}`);
        }
        return versionOf(name, row);
      });
      await tell(project, "topology.saved", name, `is saved as version ${saved.version} by ${saved.author}`);
      return saved;
    },
    topologyVersions: async ({ project, params: { topology = "" }, query: { limit, after } }) => {
      const { id } = await find(project, topology);
      const rows = await database
        .selectFrom("topology_versions")
        .select(["version", "message", "author", "created_at"])
        .where("topology_id", "=", id)
        .$if(after !== undefined, (query) => query.where("version", "<", Math.min(after ?? 0, 2 ** 31 - 1)))
        .orderBy("version", "desc")
        .limit(limit + 1)
        .execute();
      const short = ({ version, message, author, created_at: at }: (typeof rows)[number]) => ({
        topology,
        version,
        message,
        author,
        createdAt: timeText(at),
      });
      return pageOf(rows, limit, short, ({ version }) => String(version));
    },
    deleteTopology: async ({ project, params: { topology = "" }, ifMatch }) => {
      const { id, version } = await find(project, topology);
      requireMatch(ifMatch, version, `Topology ${topology}`);
      const done = await database
        .deleteFrom("topologies")
        .where("id", "=", id)
        .$if(ifMatch !== undefined, (query) => query.where("version", "=", version))
        .executeTakeFirst();
      requireChanged(done.numDeletedRows, `Topology ${topology}`);
      await tell(project, "topology.deleted", topology, "is deleted");
      return undefined;
    },
  };
}
