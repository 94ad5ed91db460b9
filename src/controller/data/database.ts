import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Kysely, PostgresDialect, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import { labError } from "../../topology/index.ts";
import { type Engine, migrations } from "./migrations.ts";
import { openSqlite } from "./sqlite.ts";
import type { Tables } from "./tables.ts";

export type Database = Kysely<Tables>;

/**
 * Opens the database and brings its tables up to date.
 *
 * @param at `sqlite:PATH`, or an address of PostgreSQL: `postgres://user:password@host/database`
 * @throws DATABASE_UNUSABLE
 */
export async function openDatabase(at: string): Promise<Database> {
  const engine: Engine = /^postgres(ql)?:/.test(at) ? "postgres" : "sqlite";
  // Up to the last @: a password may have them, written as they are, too.
  const shown = at.replace(/\/\/.*@/, "//").replace(/([?&]password=)[^&]*/, "$1…");
  let database: Database | undefined;
  try {
    database = new Kysely<Tables>({ dialect: engine === "sqlite" ? sqlite(at) : await postgres(at) });
    const migrator = new Migrator({
      db: database,
      provider: { getMigrations: () => Promise.resolve(migrations(engine)) },
    });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) throw error instanceof Error ? error : new Error(String(error));
    return database;
  } catch (error) {
    await database?.destroy().catch(() => undefined);
    const detail = error instanceof Error ? error.message : String(error);
    throw labError("DATABASE_UNUSABLE", { database: shown, detail }, { cause: error });
  }
}

function sqlite(at: string): SqliteDialect {
  const file = at.replace(/^sqlite:/, "");
  if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return new SqliteDialect({ database: openSqlite(file) });
}

async function postgres(at: string): Promise<PostgresDialect> {
  const { default: pg } = await import("pg");
  // Numbers of events and times are far below 2^53.
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({ connectionString: at, max: 10, connectionTimeoutMillis: 10_000 });
  // A connection that nobody uses and the database ends: the next who needs one makes another, or is told.
  pool.on("error", () => undefined);
  return new PostgresDialect({ pool });
}
