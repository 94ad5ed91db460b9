import { closeSync, openSync } from "node:fs";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { SqliteDatabase } from "kysely";

/** How long a statement waits for another process, such as a backup, in milliseconds. */
const busyMs = 5_000;
/** Some of them differ by how many values a list has. */
const mostStatements = 500;

/**
 * A database of SQLite in a file (node:sqlite), as Kysely wants one. Written ahead (sqlite.org/wal.html): what was
 * committed survives the death of this process, however it dies.
 *
 * @param file its folder exists; `:memory:` for none
 */
export function openSqlite(file: string): SqliteDatabase {
  // Its own user's alone, as the files beside it then are: there are hashes of secrets in it.
  if (file !== ":memory:") closeSync(openSync(file, "a", 0o600));
  const database = new DatabaseSync(file, { timeout: busyMs, enableForeignKeyConstraints: true });
  database.exec("pragma journal_mode = wal; pragma synchronous = normal");
  // Compiling one takes longer than most of them run. There are as many as there are places in the source.
  const statements = new Map<string, { readonly statement: StatementSync; readonly reader: boolean }>();
  const prepared = (sql: string) => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    const made = { statement, reader: statement.columns().length > 0 };
    if (statements.size >= mostStatements) statements.clear();
    statements.set(sql, made);
    return made;
  };
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const { statement, reader } = prepared(sql);
      const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
      return {
        reader,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => {
          // Where the disk is full, it has rolled back by itself (sqlite.org/lang_transaction.html); that it has is no
          // error, which would hide what was.
          if (sql === "rollback" && !database.isTransaction) return { changes: 0, lastInsertRowid: 0 };
          return statement.run(...values(parameters));
        },
        iterate: (parameters) => statement.iterate(...values(parameters)),
      };
    },
  };
}
