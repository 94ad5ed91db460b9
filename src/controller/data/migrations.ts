import type { CreateTableBuilder, Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export type Engine = "sqlite" | "postgres";

/** Every change of the tables since the first, by name, in the order of the names. What was published never changes. */
export const migrations = (engine: Engine): Readonly<Record<string, Migration>> => ({
  "0001-beginning": { up: (database) => beginning(database, engine) },
  "0002-layouts": {
    up: (database) => database.schema.alterTable("topology_versions").addColumn("layout", "text").execute(),
  },
  "0003-policy": { up: policy },
  "0004-network-ids": { up: networkIds },
  "0005-revisions": { up: revisions },
  "0006-indexes": { up: indexes },
  "0007-labs-of-the-command-line": { up: foundLabs },
  "0008-sessions": { up: sessions },
  "0009-changes": { up: ({ schema }) => schema.alterTable("labs").addColumn("pending_change", "text").execute() },
  "0010-ids-of-versions": { up: idsOfVersions },
  "0011-labs-that-differ": { up: labsThatDiffer },
  "0012-live-links": { up: ({ schema }) => schema.alterTable("labs").addColumn("live_links", "text").execute() },
});

async function foundLabs({ schema }: Kysely<unknown>): Promise<void> {
  for (const column of ["file", "instance", "digest"])
    await schema.alterTable("labs").addColumn(column, "text").execute();
  await schema
    .alterTable("labs")
    .addColumn("is_found", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
}

async function beginning(database: Kysely<unknown>, engine: Engine): Promise<void> {
  const { schema } = database;
  const time = "bigint";
  const id = <Name extends string>(table: CreateTableBuilder<Name>) =>
    table.addColumn("id", "text", (column) => column.primaryKey());
  const serial = <Name extends string>(table: CreateTableBuilder<Name>) =>
    engine === "sqlite"
      ? table.addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
      : table.addColumn("id", "bigserial", (column) => column.primaryKey());

  await id(schema.createTable("users"))
    .addColumn("name", "text", (column) => column.notNull().unique())
    .addColumn("display_name", "text", (column) => column.notNull())
    .addColumn("password", "text")
    .addColumn("is_admin", "integer", (column) => column.notNull())
    .addColumn("is_disabled", "integer", (column) => column.notNull())
    .addColumn("created_at", time, (column) => column.notNull())
    .execute();
  await schema
    .createTable("sessions")
    .addColumn("hash", "text", (column) => column.primaryKey())
    .addColumn("user_id", "text", (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("csrf_token", "text", (column) => column.notNull())
    .addColumn("created_at", time, (column) => column.notNull())
    .addColumn("expires_at", time, (column) => column.notNull())
    .execute();
  await id(schema.createTable("tokens"))
    .addColumn("user_id", "text", (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull().unique())
    .addColumn("scope", "text", (column) => column.notNull())
    .addColumn("created_at", time, (column) => column.notNull())
    .addColumn("expires_at", time)
    .addColumn("last_used_at", time)
    .execute();
  await schema
    .createTable("identities")
    .addColumn("provider", "text", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("user_id", "text", (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addPrimaryKeyConstraint("identities_key", ["provider", "subject"])
    .execute();
  await id(schema.createTable("projects"))
    .addColumn("name", "text", (column) => column.notNull().unique())
    .addColumn("description", "text", (column) => column.notNull())
    .addColumn("quota", "text", (column) => column.notNull())
    .addColumn("revision", "integer", (column) => column.notNull())
    .addColumn("created_at", time, (column) => column.notNull())
    .execute();
  await schema
    .createTable("members")
    .addColumn("project_id", "text", (column) => column.notNull().references("projects.id").onDelete("cascade"))
    .addColumn("user_id", "text", (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("members_key", ["project_id", "user_id"])
    .execute();
  await id(schema.createTable("topologies"))
    .addColumn("project_id", "text", (column) => column.notNull().references("projects.id").onDelete("cascade"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("created_at", time, (column) => column.notNull())
    .addColumn("updated_at", time, (column) => column.notNull())
    .addUniqueConstraint("topologies_by_name", ["project_id", "name"])
    .execute();
  await schema
    .createTable("topology_versions")
    .addColumn("topology_id", "text", (column) => column.notNull().references("topologies.id").onDelete("cascade"))
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("message", "text", (column) => column.notNull())
    .addColumn("author", "text", (column) => column.notNull())
    .addColumn("created_at", time, (column) => column.notNull())
    .addPrimaryKeyConstraint("topology_versions_key", ["topology_id", "version"])
    .execute();
  await id(schema.createTable("labs"))
    .addColumn("project_id", "text", (column) => column.notNull().references("projects.id"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("run_name", "text", (column) => column.notNull().unique())
    .addColumn("topology_name", "text")
    .addColumn("topology_version", "integer")
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("variables", "text", (column) => column.notNull())
    .addColumn("nodes", "integer", (column) => column.notNull())
    .addColumn("links", "integer", (column) => column.notNull())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("desired", "text", (column) => column.notNull())
    .addColumn("came_up", "integer", (column) => column.notNull())
    .addColumn("problem", "text")
    .addColumn("revision", "integer", (column) => column.notNull())
    .addColumn("created_at", time, (column) => column.notNull())
    .addUniqueConstraint("labs_by_name", ["project_id", "name"])
    .execute();
  await serial(schema.createTable("events"))
    .addColumn("at", time, (column) => column.notNull())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("project_id", "text", (column) => column.references("projects.id").onDelete("cascade"))
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("message", "text", (column) => column.notNull())
    .execute();
  await schema.createIndex("events_of_project").on("events").columns(["project_id", "id"]).execute();
  await serial(schema.createTable("audit"))
    .addColumn("at", time, (column) => column.notNull())
    .addColumn("user_name", "text", (column) => column.notNull())
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("action", "text", (column) => column.notNull())
    .addColumn("target", "text", (column) => column.notNull())
    .addColumn("status", "integer", (column) => column.notNull())
    .execute();
  await schema
    .createTable("idempotency_keys")
    .addColumn("user_id", "text", (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("request", "text", (column) => column.notNull())
    .addColumn("status", "integer")
    .addColumn("answer", "text")
    .addColumn("created_at", time, (column) => column.notNull())
    .addPrimaryKeyConstraint("idempotency_keys_key", ["user_id", "key"])
    .execute();
}

/** What projects may, what their labs take, and whose the published ports are. */
async function policy({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .alterTable("projects")
    .addColumn("policy", "text", (column) => column.notNull().defaultTo("{}"))
    .execute();
  for (const [name, type] of [
    ["cpu_millis", "integer"],
    ["memory_bytes", "bigint"],
    ["captures", "integer"],
  ] as const)
    await schema
      .alterTable("labs")
      .addColumn(name, type, (column) => column.notNull().defaultTo(0))
      .execute();
  await schema
    .createTable("published_ports")
    .addColumn("protocol", "text", (column) => column.notNull())
    .addColumn("host_port", "integer", (column) => column.notNull())
    .addColumn("lab_id", "text", (column) => column.notNull().references("labs.id").onDelete("cascade"))
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("port", "integer", (column) => column.notNull())
    .addColumn("target", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("published_ports_key", ["protocol", "host_port"])
    .execute();
}

async function networkIds({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable("network_ids")
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("block", "integer", (column) => column.notNull())
    .addColumn("lab_id", "text", (column) => column.notNull().references("labs.id").onDelete("cascade"))
    .addPrimaryKeyConstraint("network_ids_key", ["kind", "block"])
    .execute();
  await schema.createIndex("network_ids_of_lab").on("network_ids").column("lab_id").execute();
}

async function revisions({ schema }: Kysely<unknown>): Promise<void> {
  for (const table of ["users", "members"])
    await schema
      .alterTable(table)
      .addColumn("revision", "integer", (column) => column.notNull().defaultTo(1))
      .execute();
}

async function indexes({ schema }: Kysely<unknown>): Promise<void> {
  await schema.createIndex("tokens_of_user").on("tokens").columns(["user_id", "created_at"]).execute();
  await schema.createIndex("sessions_of_user").on("sessions").column("user_id").execute();
  await schema.createIndex("members_of_user").on("members").column("user_id").execute();
  await schema.createIndex("idempotency_keys_by_age").on("idempotency_keys").column("created_at").execute();
}

async function sessions({ schema }: Kysely<unknown>): Promise<void> {
  for (const name of ["address", "agent"])
    await schema
      .alterTable("sessions")
      .addColumn(name, "text", (column) => column.notNull().defaultTo(""))
      .execute();
}

async function idsOfVersions({ schema }: Kysely<unknown>): Promise<void> {
  await schema.alterTable("topology_versions").addColumn("id", "text").execute();
  await schema.createIndex("topology_versions_by_id").on("topology_versions").column("id").execute();
}

async function labsThatDiffer({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .alterTable("labs")
    .addColumn("topology_changed", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
}
