import { type Project, ProjectPolicy, type Quota, type Role } from "../../api/index.ts";
import { labError } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import { changeRow } from "../data/revised.ts";
import type { UserRow } from "../identity/callers.ts";
import type { Quotas } from "../policy/quotas.ts";
import { notServerAdministrator } from "../server/gate-keeper.ts";
import { requireChanged, requireMatch } from "../server/if-match.ts";
import type { Handlers, ProjectRow } from "../server/input.ts";
import type { OpenConnections } from "../server/open-connections.ts";
import { pageOf, timeText } from "./page.ts";
import { findUser, userOf } from "./users.ts";

type Names =
  | "projects"
  | "createProject"
  | "project"
  | "changeProject"
  | "projectUsage"
  | "deleteProject"
  | "members"
  | "setMember"
  | "removeMember";

const projectOf = (row: ProjectRow, role: Role): Project => ({
  id: row.id,
  name: row.name,
  description: row.description,
  quota: JSON.parse(row.quota) as Quota,
  policy: ProjectPolicy.parse(JSON.parse(row.policy)),
  role,
  revision: row.revision,
  createdAt: timeText(row.created_at),
});

export function projectHandlers(
  database: Database,
  quotas: Quotas,
  connections: OpenConnections,
  clock: () => number,
): Handlers<Names> {
  return {
    projects: async ({ caller: { user }, query: { limit, after = "" } }) => {
      const rows = await database
        .selectFrom("projects")
        .leftJoin("members", (join) =>
          join.onRef("members.project_id", "=", "projects.id").on("members.user_id", "=", user.id),
        )
        .selectAll("projects")
        .select("members.role")
        .where("projects.name", ">", after)
        .$if(user.is_admin !== 1, (query) => query.where("members.role", "is not", null))
        .orderBy("projects.name")
        .limit(limit + 1)
        .execute();
      return pageOf(
        rows,
        limit,
        (row) => projectOf(row, user.is_admin === 1 ? "admin" : (row.role ?? "viewer")),
        ({ name }) => name,
      );
    },
    createProject: async ({ caller: { user }, newId, body: { name, description, quota, policy } }) => {
      const row: ProjectRow = {
        id: newId(),
        name,
        description,
        quota: JSON.stringify(quota),
        policy: JSON.stringify(policy),
        revision: 1,
        created_at: clock(),
      };
      return database.transaction().execute(async (transaction) => {
        const done = await transaction
          .insertInto("projects")
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (done.numInsertedOrUpdatedRows !== 1n) {
          const known = await transaction
            .selectFrom("projects")
            .selectAll()
            .where("name", "=", name)
            .executeTakeFirst();
          if (known?.id !== row.id) throw labError("NAME_IN_USE", { what: "project", name });
          return projectOf(known, "admin");
        }
        await transaction
          .insertInto("members")
          .values({ project_id: row.id, user_id: user.id, role: "admin", source: "here" })
          .execute();
        return projectOf(row, "admin");
      });
    },
    project: async ({ project, role }) => projectOf(project, role),
    projectUsage: ({ project }) => quotas.usage(project),
    changeProject: async ({ caller: { user }, project, role, body: { description, quota, policy }, ifMatch }) => {
      if ((quota !== undefined || policy !== undefined) && user.is_admin !== 1)
        throw labError("NOT_ALLOWED", {
          what: `change a ${quota === undefined ? "policy" : "quota"}`,
          ...notServerAdministrator,
        });
      requireMatch(ifMatch, project.revision, `Project ${project.name}`);
      const values: Partial<ProjectRow> = {
        ...(description === undefined ? {} : { description }),
        ...(quota === undefined ? {} : { quota: JSON.stringify(quota) }),
        ...(policy === undefined ? {} : { policy: JSON.stringify(policy) }),
      };
      return projectOf(await changeRow(database, "projects", project, values, `Project ${project.name}`), role);
    },
    deleteProject: async ({ params: { project: name = "" }, ifMatch }) => {
      const project = await database.selectFrom("projects").selectAll().where("name", "=", name).executeTakeFirst();
      if (project === undefined) throw labError("PROJECT_NOT_FOUND", { project: name });
      requireMatch(ifMatch, project.revision, `Project ${name}`);
      const labs = await database.selectFrom("labs").select("name").where("project_id", "=", project.id).execute();
      if (labs.length > 0) throw labError("PROJECT_NOT_EMPTY", { project: name, labs: labs.map((lab) => lab.name) });
      const done = await database
        .deleteFrom("projects")
        .where("id", "=", project.id)
        .$if(ifMatch !== undefined, (query) => query.where("revision", "=", project.revision))
        .executeTakeFirst();
      requireChanged(done.numDeletedRows, `Project ${name}`);
      return undefined;
    },
    members: async ({ project, query: { limit, after = "" } }) => {
      const rows = await database
        .selectFrom("members")
        .innerJoin("users", "users.id", "members.user_id")
        .selectAll("users")
        .select(["members.role", "members.source", "members.revision as member_revision"])
        .where("members.project_id", "=", project.id)
        .where("users.name", ">", after)
        .orderBy("users.name")
        .limit(limit + 1)
        .execute();
      const member = ({ role, source, member_revision: revision, ...user }: (typeof rows)[number]) => ({
        user: userOf(user),
        role,
        from: source,
        revision,
      });
      return pageOf(rows, limit, member, ({ name }) => name);
    },
    setMember: async ({ project, params: { user: name = "" }, body: { role }, ifMatch }) => {
      const user = await findUser(database, name);
      const member = await database.transaction().execute(async (transaction) => {
        const known = await memberRevision(transaction, project, user);
        requireMatch(ifMatch, known, `The role of ${name}`);
        const revision = (known ?? 0) + 1;
        const done = await transaction
          .insertInto("members")
          .values({ project_id: project.id, user_id: user.id, role, source: "here", revision })
          .onConflict((conflict) =>
            conflict
              .columns(["project_id", "user_id"])
              .doUpdateSet({ role, source: "here", revision })
              .where("members.revision", "=", known ?? 0),
          )
          .executeTakeFirst();
        requireChanged(done.numInsertedOrUpdatedRows, `The role of ${name}`);
        return { user: userOf(user), role, from: "here" as const, revision };
      });
      // What is open is open for the role before.
      connections.end({ user: user.id, project: project.id });
      return member;
    },
    removeMember: async ({ project, params: { user: name = "" }, ifMatch }) => {
      const user = await findUser(database, name);
      const revision = await memberRevision(database, project, user);
      requireMatch(ifMatch, revision, `The role of ${name}`);
      const done = await database
        .deleteFrom("members")
        .where("project_id", "=", project.id)
        .where("user_id", "=", user.id)
        .$if(ifMatch !== undefined, (query) => query.where("revision", "=", revision ?? 0))
        .executeTakeFirst();
      if (ifMatch !== undefined) requireChanged(done.numDeletedRows, `The role of ${name}`);
      connections.end({ user: user.id, project: project.id });
      return undefined;
    },
  };
}

async function memberRevision(database: Database, project: ProjectRow, user: UserRow): Promise<number | undefined> {
  const row = await database
    .selectFrom("members")
    .select("revision")
    .where("project_id", "=", project.id)
    .where("user_id", "=", user.id)
    .executeTakeFirst();
  return row?.revision;
}
