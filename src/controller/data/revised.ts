import { requireChanged } from "../server/if-match.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/** Tables whose rows have an identifier and a revision. */
type Revised = "labs" | "projects" | "users";
type Seen = { readonly id: string; readonly revision: number };

/**
 * Changes a row, unless somebody has since it was read.
 *
 * @returns what it is now, of what was read; undefined when somebody has
 */
export async function changeIfUnchanged<Name extends Revised, Row extends Seen>(
  database: Database,
  table: Name,
  row: Row,
  values: Partial<Tables[Name]>,
): Promise<(Row & Partial<Tables[Name]>) | undefined> {
  const changed = { ...values, revision: row.revision + 1 };
  // To Kysely each table is of a type of its own: all have these two columns, as `labs` has them.
  const done = await database
    .updateTable<"labs">(table as "labs")
    .set(changed as Partial<Tables["labs"]>)
    .where("id", "=", row.id)
    .where("revision", "=", row.revision)
    .executeTakeFirst();
  return done.numUpdatedRows === 1n ? { ...row, ...changed } : undefined;
}

/** The same of a whole row. @param what for the error: "Topology shop" @throws CHANGED_MEANWHILE */
export async function changeRow<Name extends Revised>(
  database: Database,
  table: Name,
  row: Tables[Name] & Seen,
  values: Partial<Tables[Name]>,
  what: string,
): Promise<Tables[Name]> {
  const changed = await changeIfUnchanged(database, table, row, values);
  requireChanged(changed === undefined ? 0n : 1n, what);
  return changed as Tables[Name];
}
