import { labError } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import type { Tables } from "../data/tables.ts";
import { LockOut } from "./lock-out.ts";
import { hashPassword, isPassword } from "./passwords.ts";
import { hashOf, newSecret, tokenPrefix } from "./secrets.ts";

export type UserRow = Tables["users"];

/** Who calls: a user with a browser's session or with a token, which may be good for less than its user. */
export type Caller =
  | { readonly user: UserRow; readonly by: "session"; readonly csrfToken: string; readonly hash: string }
  | { readonly user: UserRow; readonly by: "token"; readonly scope: Tables["tokens"]["scope"] };

export const sessionSeconds = 14 * 24 * 3600;
/** Tokens are marked as used so often at most, in milliseconds. */
const markMs = 60_000;

/** Finds out who calls, and signs users in and out. */
export class Callers {
  readonly #database: Database;
  readonly #clock: () => number;
  readonly #lockOut: LockOut;
  /** What is compared where there is nobody to compare with, so that both take as long. */
  readonly #nobody = hashPassword(newSecret());

  constructor(database: Database, clock: () => number) {
    this.#database = database;
    this.#clock = clock;
    this.#lockOut = new LockOut(clock);
  }

  /**
   * @param address where the request comes from
   * @returns the session's secret, for the cookie
   * @throws SIGN_IN_LOCKED, SIGN_IN_REFUSED
   */
  async signIn(name: string, password: string, address: string): Promise<{ caller: Caller; secret: string }> {
    const keys = [`name ${name}`, `address ${address}`];
    const seconds = this.#lockOut.waitSeconds(keys);
    if (seconds > 0) throw labError("SIGN_IN_LOCKED", { seconds });
    const user = await this.#database.selectFrom("users").selectAll().where("name", "=", name).executeTakeFirst();
    const isRight = await isPassword(password, user?.password ?? (await this.#nobody));
    if (user === undefined || user.password === null || !isRight || user.is_disabled === 1) {
      this.#lockOut.failed(keys);
      throw labError("SIGN_IN_REFUSED", {});
    }
    this.#lockOut.succeeded(keys);
    return this.open(user);
  }

  /** Begins a session of a user who has shown who they are. */
  async open(user: UserRow): Promise<{ caller: Caller; secret: string }> {
    const [secret, csrfToken] = [newSecret(), newSecret()];
    const now = this.#clock();
    await this.#database.deleteFrom("sessions").where("expires_at", "<=", now).execute();
    const hash = hashOf(secret);
    await this.#database
      .insertInto("sessions")
      .values({
        hash,
        user_id: user.id,
        csrf_token: csrfToken,
        created_at: now,
        expires_at: now + sessionSeconds * 1000,
      })
      .execute();
    return { caller: { user, by: "session", csrfToken, hash }, secret };
  }

  async signOut(hash: string): Promise<void> {
    await this.#database.deleteFrom("sessions").where("hash", "=", hash).execute();
  }

  async ofSession(secret: string): Promise<Caller | undefined> {
    const row = await this.#database
      .selectFrom("sessions")
      .innerJoin("users", "users.id", "sessions.user_id")
      .selectAll("users")
      .select(["sessions.hash", "sessions.csrf_token"])
      .where("sessions.hash", "=", hashOf(secret))
      .where("sessions.expires_at", ">", this.#clock())
      .where("users.is_disabled", "=", 0)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { hash, csrf_token: csrfToken, ...user } = row;
    return { user, by: "session", csrfToken, hash };
  }

  async ofToken(secret: string): Promise<Caller | undefined> {
    if (!secret.startsWith(tokenPrefix)) return undefined;
    const now = this.#clock();
    const row = await this.#database
      .selectFrom("tokens")
      .innerJoin("users", "users.id", "tokens.user_id")
      .selectAll("users")
      .select(["tokens.id as token_id", "tokens.scope", "tokens.last_used_at"])
      .where("tokens.hash", "=", hashOf(secret))
      .where((where) => where.or([where("tokens.expires_at", "is", null), where("tokens.expires_at", ">", now)]))
      .where("users.is_disabled", "=", 0)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { token_id: token, scope, last_used_at: usedAt, ...user } = row;
    if (usedAt === null || now - usedAt > markMs) {
      await this.#database.updateTable("tokens").set({ last_used_at: now }).where("id", "=", token).execute();
    }
    return { user, by: "token", scope };
  }
}
