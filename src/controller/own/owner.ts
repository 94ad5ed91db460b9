import type { Database } from "../data/database.ts";
import type { Tables } from "../data/tables.ts";
import { newId } from "../identity/secrets.ts";

/** What all labs of one person are in. */
export const ownProject = "local";

/** A name as users of a server have them. */
const nameFrom = (user: string): string =>
  user
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "") || "me";

/**
 * The one user of a server for one person, and the one project; made when they are not there yet.
 *
 * @param login as the system calls the person
 */
export async function ensureOwner(
  database: Database,
  now: number,
  login: string,
): Promise<{ readonly user: Tables["users"]; readonly project: Tables["projects"] }> {
  const name = nameFrom(login);
  await database
    .insertInto("users")
    .values({
      id: newId(),
      name,
      display_name: login,
      password: null,
      is_admin: 1,
      is_disabled: 0,
      revision: 1,
      created_at: now,
    })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  await database
    .insertInto("projects")
    .values({
      id: newId(),
      name: ownProject,
      description: "The labs of this machine",
      quota: "{}",
      policy: "{}",
      revision: 1,
      created_at: now,
    })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  const user = await database.selectFrom("users").selectAll().where("name", "=", name).executeTakeFirstOrThrow();
  const project = await database
    .selectFrom("projects")
    .selectAll()
    .where("name", "=", ownProject)
    .executeTakeFirstOrThrow();
  return { user, project };
}
