import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { labError } from "../../topology/index.ts";

/*
 * Copies of a server's database. Of SQLite, a database of its own (VACUUM INTO, sqlite.org/lang_vacuum.html); of
 * PostgreSQL, what its own programs make and read (pg_dump(1), pg_restore(1)). Both are of one moment, while the
 * server goes on.
 */

const isPostgres = (database: string): boolean => /^postgres(ql)?:/.test(database);
const pathOf = (database: string): string => database.replace(/^sqlite:/, "");

/**
 * Writes a copy of a database into a file that is not there yet.
 *
 * @param database as for `openDatabase`
 * @throws BACKUP_FILE_EXISTS, BACKUP_FAILED, PROGRAM_MISSING
 */
export async function backUp(database: string, to: string): Promise<void> {
  if (existsSync(to)) throw labError("BACKUP_FILE_EXISTS", { file: to });
  const draft = `${to}.unfinished`;
  await rm(draft, { force: true });
  try {
    if (isPostgres(database))
      await runPostgres("pg_dump", database, ["--format=custom", "--no-owner", `--file=${draft}`]);
    else copySqlite(pathOf(database), draft);
    // There are hashes of passwords and tokens in it.
    await chmod(draft, 0o600);
    await rename(draft, to);
  } catch (error) {
    await rm(draft, { force: true });
    throw failed("made", error);
  }
}

/**
 * Puts a copy in the place of a database that no server uses. One of SQLite that is there is kept beside it; that of
 * PostgreSQL is emptied first, or stays as it is when something fails.
 *
 * @returns where the one that was there is now; undefined where there is none
 * @throws BACKUP_NOT_FOUND, BACKUP_FAILED, PROGRAM_MISSING
 */
export async function restore(database: string, from: string): Promise<string | undefined> {
  if (!existsSync(from)) throw labError("BACKUP_NOT_FOUND", { file: from });
  try {
    if (isPostgres(database)) {
      const how = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"];
      await runPostgres("pg_restore", database, [...how, from]);
      await runPostgres("psql", database, ["--quiet", "--set=ON_ERROR_STOP=1", `--command=${forgetSessions}`]);
      return undefined;
    }
    requireWhole(from);
    const file = pathOf(database);
    const draft = `${file}.unfinished`;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await copyFile(from, draft);
    await chmod(draft, 0o600);
    endSessions(draft);
    const kept = existsSync(file) ? freeName(`${file}.replaced`) : undefined;
    if (kept !== undefined)
      for (const part of ["", "-wal", "-shm"]) await moveIfThere(`${file}${part}`, `${kept}${part}`);
    await rename(draft, file);
    return kept;
  } catch (error) {
    throw failed("put back", error);
  }
}

function copySqlite(file: string, to: string): void {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 30_000 });
  try {
    database.prepare("vacuum into ?").run(to);
  } finally {
    database.close();
  }
  requireWhole(to);
}

/** Those that were signed out since the copy was made are not to be good again. */
const forgetSessions = "delete from sessions";

function endSessions(file: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec(forgetSessions);
  } finally {
    database.close();
  }
}

/** @throws when a file is no database of a server, or is damaged */
function requireWhole(file: string): void {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const [check] = database.prepare("pragma integrity_check").all();
    if (check?.["integrity_check"] !== "ok") throw new Error(`it is damaged: ${String(check?.["integrity_check"])}`);
    const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
    if (!tables.some(({ name }) => name === "kysely_migration")) throw new Error("it is no database of a server");
  } finally {
    database.close();
  }
}

const freeName = (name: string): string => {
  for (let number = 1; ; number++) if (!existsSync(`${name}-${number}`)) return `${name}-${number}`;
};

async function moveIfThere(from: string, to: string): Promise<void> {
  if (existsSync(from)) await rename(from, to);
}

/** The password goes by the environment: arguments are for all to see. */
async function runPostgres(program: string, database: string, argv: readonly string[]): Promise<void> {
  const url = new URL(database);
  const password = decodeURIComponent(url.password);
  url.password = "";
  try {
    await promisify(execFile)(program, [`--dbname=${url.href}`, ...argv], {
      env: { ...process.env, ...(password === "" ? {} : { PGPASSWORD: password }) },
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw labError("PROGRAM_MISSING", {
        program,
        needed: "the server's database is one of PostgreSQL",
        mend: "Install it, of the server's version or a newer one: sudo apt-get install postgresql-client",
      });
    const { stderr } = error as { readonly stderr?: string };
    throw new Error(stderr?.trim() || (error as Error).message, { cause: error });
  }
}

function failed(what: "made" | "put back", error: unknown): Error {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  if (code === "PROGRAM_MISSING") return error as Error;
  return labError("BACKUP_FAILED", { what, detail: message }, { cause: error });
}
