import type { Role } from "../../api/index.ts";
import { labError } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import type { UserRow } from "./callers.ts";
import { hasRightsOf } from "./roles.ts";
import { newId } from "./secrets.ts";

/** Somebody who has shown a provider of identities who they are. */
export type Outsider = {
  /** The provider's address. */
  readonly provider: string;
  /** Who they are there, for good. */
  readonly subject: string;
  /** What they are called there. */
  readonly named: string;
  /** Whether they are a server administrator; absent: the provider does not say. */
  readonly isAdmin?: boolean;
  readonly roles: readonly { readonly project: string; readonly role: Role }[];
};

/** Users here of those who sign in elsewhere. */
export class Accounts {
  readonly #database: Database;
  readonly #clock: () => number;

  constructor(database: Database, clock: () => number) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The user here, made where there was none, with the roles that they have now. @throws SIGN_IN_REFUSED for who is disabled */
  async of(outsider: Outsider): Promise<UserRow> {
    const user = await this.#userOf(outsider);
    if (user.is_disabled === 1) throw labError("SIGN_IN_REFUSED", {});
    const isAdmin = outsider.isAdmin === undefined ? user.is_admin : Number(outsider.isAdmin);
    if (user.is_admin !== isAdmin)
      await this.#database.updateTable("users").set({ is_admin: isAdmin }).where("id", "=", user.id).execute();
    await this.#giveRoles(user, outsider.roles);
    return { ...user, is_admin: isAdmin };
  }

  /** A user of another name here is never taken over: who comes first by a name has it. */
  async #userOf({ provider, subject, named }: Outsider): Promise<UserRow> {
    return this.#database.transaction().execute(async (transaction) => {
      const known = await transaction
        .selectFrom("identities")
        .innerJoin("users", "users.id", "identities.user_id")
        .selectAll("users")
        .where("identities.provider", "=", provider)
        .where("identities.subject", "=", subject)
        .executeTakeFirst();
      if (known !== undefined) return known;
      const id = newId();
      const wanted =
        named
          .toLowerCase()
          .replace(/@.*$/, "")
          .replace(/[^a-z0-9]+/g, "-")
          .slice(0, 34)
          .replace(/^-+|-+$/g, "") || "user";
      const taken = await transaction.selectFrom("users").select("id").where("name", "=", wanted).executeTakeFirst();
      const user: UserRow = {
        id,
        name: taken === undefined ? wanted : `${wanted}-${id.slice(0, 5)}`,
        display_name: named.slice(0, 100),
        password: null,
        is_admin: 0,
        is_disabled: 0,
        revision: 1,
        created_at: this.#clock(),
      };
      await transaction.insertInto("users").values(user).execute();
      await transaction.insertInto("identities").values({ provider, subject, user_id: id }).execute();
      return user;
    });
  }

  /** Roles that were given here stay; those of groups come and go with them. */
  async #giveRoles(user: UserRow, roles: Outsider["roles"]): Promise<void> {
    const wanted = new Map<string, Role>();
    for (const { project, role } of roles) {
      const known = wanted.get(project);
      if (known === undefined || !hasRightsOf(known, role)) wanted.set(project, role);
    }
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.deleteFrom("members").where("user_id", "=", user.id).where("source", "=", "groups").execute();
      if (wanted.size === 0) return;
      const projects = await transaction
        .selectFrom("projects")
        .select(["id", "name"])
        .where("name", "in", [...wanted.keys()])
        .execute();
      for (const { id, name } of projects) {
        await transaction
          .insertInto("members")
          .values({ project_id: id, user_id: user.id, role: wanted.get(name) ?? "viewer", source: "groups" })
          .onConflict((conflict) => conflict.columns(["project_id", "user_id"]).doNothing())
          .execute();
      }
    });
  }
}
