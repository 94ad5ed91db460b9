import { labError, NetwrightError } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import { prepared } from "../data/prepared.ts";
import type { Tables } from "../data/tables.ts";
import { LockOut } from "./lock-out.ts";
import { hashPassword, isPassword } from "./passwords.ts";
import { hashOf, newSecret, tokenPrefix } from "./secrets.ts";

export type UserRow = Tables["users"];

/** Who calls: a user with a browser's session or with a token, which may be good for less than its user. */
export type Caller =
  | { readonly user: UserRow; readonly by: "session"; readonly csrfToken: string; readonly hash: string }
  | { readonly user: UserRow; readonly by: "token"; readonly scope: Tables["tokens"]["scope"]; readonly token: string };

/** By what a caller is known, as long as it is good. */
export const credentialOf = (caller: Caller): string => (caller.by === "session" ? caller.hash : caller.token);

/** From where somebody signs in, for their own list of sessions. */
export type Origin = { readonly address: string; readonly agent: string };

export const sessionSeconds = 14 * 24 * 3600;
/** Tokens are marked as used so often at most, in milliseconds. */
const markMs = 60_000;

/** Finds out who calls, and signs users in and out. */
export class Callers {
  readonly #session: ReturnType<typeof findSession>;
  readonly #token: ReturnType<typeof findToken>;
  readonly #database: Database;
  readonly #clock: () => number;
  readonly #lockOut: LockOut;
  /** What is compared where there is nobody to compare with, so that both take as long. */
  readonly #nobody = hashPassword(newSecret());

  constructor(database: Database, clock: () => number) {
    this.#database = database;
    this.#session = findSession(database);
    this.#token = findToken(database);
    this.#clock = clock;
    this.#lockOut = new LockOut(clock);
  }

  /**
   * @param address where the request comes from
   * @returns the session's secret, for the cookie
   * @throws SIGN_IN_LOCKED, SIGN_IN_REFUSED
   */
  async signIn(name: string, password: string, origin: Origin): Promise<{ caller: Caller; secret: string }> {
    const user = await this.guarded(`name ${name}`, origin.address, async () => {
      const known = await this.#database.selectFrom("users").selectAll().where("name", "=", name).executeTakeFirst();
      const isRight = await isPassword(password, known?.password ?? (await this.#nobody));
      return known === undefined || known.password === null || !isRight ? undefined : known;
    });
    return this.open(user, origin);
  }

  /**
   * Lets somebody try to show who they are, unless too many tries have failed.
   *
   * @param who they say they are; undefined when they do not
   * @param attempt resolves to undefined when they are not
   * @throws SIGN_IN_LOCKED, SIGN_IN_REFUSED
   */
  async guarded(
    who: string | undefined,
    address: string,
    attempt: () => Promise<UserRow | undefined>,
  ): Promise<UserRow> {
    const [names, from] = [who === undefined ? [] : [who], [`address ${address}`]];
    const seconds = this.#lockOut.waitSeconds([...names, ...from]);
    if (seconds > 0) throw labError("SIGN_IN_LOCKED", { seconds });
    // Before it is known: of many attempts at once, each counts.
    this.#lockOut.failed(names);
    const user = await attempt().catch((error: unknown) => {
      if (!(error instanceof NetwrightError && error.code === "SIGN_IN_REFUSED")) {
        this.#lockOut.forgive(names);
        throw error;
      }
      return undefined;
    });
    if (user === undefined || user.is_disabled === 1) {
      this.#lockOut.failed(from);
      throw labError("SIGN_IN_REFUSED", {});
    }
    this.#lockOut.succeeded([...names, ...from]);
    return user;
  }

  /** Whoever has a new password need not wait. */
  unlock(name: string): void {
    this.#lockOut.succeeded([`name ${name}`]);
  }

  /** Begins a session of a user who has shown who they are. */
  async open(user: UserRow, origin: Origin): Promise<{ caller: Caller; secret: string }> {
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
        address: origin.address,
        agent: origin.agent.slice(0, 300),
      })
      .execute();
    return { caller: { user, by: "session", csrfToken, hash }, secret };
  }

  async signOut(hash: string): Promise<void> {
    await this.#database.deleteFrom("sessions").where("hash", "=", hash).execute();
  }

  async ofSession(secret: string): Promise<Caller | undefined> {
    const row = await this.#session({ hash: hashOf(secret), now: this.#clock() });
    if (row === undefined) return undefined;
    const { hash, csrf_token: csrfToken, ...user } = row;
    return { user, by: "session", csrfToken, hash };
  }

  async ofToken(secret: string): Promise<Caller | undefined> {
    if (!secret.startsWith(tokenPrefix)) return undefined;
    const now = this.#clock();
    const row = await this.#token({ hash: hashOf(secret), now });
    if (row === undefined) return undefined;
    const { token_id: token, scope, last_used_at: usedAt, ...user } = row;
    if (usedAt === null || now - usedAt > markMs) {
      await this.#database.updateTable("tokens").set({ last_used_at: now }).where("id", "=", token).execute();
    }
    return { user, by: "token", scope, token };
  }
}

type Asked = { readonly hash: string; readonly now: number };

const findSession = (database: Database) =>
  prepared(database, ({ hash, now }: Asked) =>
    database
      .selectFrom("sessions")
      .innerJoin("users", "users.id", "sessions.user_id")
      .selectAll("users")
      .select(["sessions.hash", "sessions.csrf_token"])
      .where("sessions.hash", "=", hash)
      .where("sessions.expires_at", ">", now)
      .where("users.is_disabled", "=", 0),
  );

const findToken = (database: Database) =>
  prepared(database, ({ hash, now }: Asked) =>
    database
      .selectFrom("tokens")
      .innerJoin("users", "users.id", "tokens.user_id")
      .selectAll("users")
      .select(["tokens.id as token_id", "tokens.scope", "tokens.last_used_at"])
      .where("tokens.hash", "=", hash)
      .where((where) => where.or([where("tokens.expires_at", "is", null), where("tokens.expires_at", ">", now)]))
      .where("users.is_disabled", "=", 0),
  );
