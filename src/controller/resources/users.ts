import type { PasswordPlace, Session, User } from "../../api/index.ts";
import { labError } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import { changeRow } from "../data/revised.ts";
import type { Tables } from "../data/tables.ts";
import { type Caller, type Callers, credentialOf, type UserRow } from "../identity/callers.ts";
import type { KeystoneSignIn } from "../identity/keystone.ts";
import { hashPassword, isPassword } from "../identity/passwords.ts";
import { hashOf, newSecret, tokenPrefix } from "../identity/secrets.ts";
import { requireChanged, requireMatch } from "../server/if-match.ts";
import type { Handlers } from "../server/input.ts";
import type { OpenConnections } from "../server/open-connections.ts";
import { pageOf, timeText } from "./page.ts";

type Names =
  | "signIn"
  | "signInByKeystone"
  | "session"
  | "sessions"
  | "endSession"
  | "deleteUser"
  | "endUserSessions"
  | "signOut"
  | "changePassword"
  | "tokens"
  | "createToken"
  | "deleteToken"
  | "users"
  | "user"
  | "createUser"
  | "changeUser";

const dayMs = 24 * 3600 * 1000;

export const userOf = (row: UserRow): User => ({
  id: row.id,
  name: row.name,
  displayName: row.display_name,
  isAdmin: row.is_admin === 1,
  isDisabled: row.is_disabled === 1,
  revision: row.revision,
  createdAt: timeText(row.created_at),
});

/** Who is signed in, as they are told. */
export async function sessionOf(database: Database, caller: Caller): Promise<Session> {
  return {
    user: userOf(caller.user),
    password: await passwordPlace(database, caller.user),
    ...(caller.by === "session" ? { csrfToken: caller.csrfToken } : {}),
  };
}

async function passwordPlace(database: Database, user: UserRow): Promise<PasswordPlace> {
  if (user.password !== null) return { at: "here" };
  const known = await database
    .selectFrom("identities")
    .select("provider")
    .where("user_id", "=", user.id)
    .executeTakeFirst();
  return known === undefined ? { at: "nowhere" } : { at: "provider", address: known.provider };
}

/** @throws ACCOUNT_NOT_FOUND */
export async function findUser(database: Database, name: string): Promise<UserRow> {
  const row = await database.selectFrom("users").selectAll().where("name", "=", name).executeTakeFirst();
  if (row === undefined) throw labError("ACCOUNT_NOT_FOUND", { user: name });
  return row;
}

/** @param id of the user; who has it already is whom the same request made before @throws NAME_IN_USE */
export async function addUser(
  database: Database,
  now: number,
  id: string,
  user: { readonly name: string; readonly displayName: string; readonly password: string; readonly isAdmin: boolean },
): Promise<UserRow> {
  const row: UserRow = {
    id,
    name: user.name,
    display_name: user.displayName,
    password: await hashPassword(user.password),
    is_admin: Number(user.isAdmin),
    is_disabled: 0,
    revision: 1,
    created_at: now,
  };
  const done = await database
    .insertInto("users")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (done.numInsertedOrUpdatedRows === 1n) return row;
  const known = await database.selectFrom("users").selectAll().where("name", "=", user.name).executeTakeFirst();
  if (known?.id !== id) throw labError("NAME_IN_USE", { what: "user", name: user.name });
  return known;
}

export type UserServices = {
  readonly database: Database;
  readonly callers: Callers;
  readonly connections: OpenConnections;
  readonly keystone: KeystoneSignIn | undefined;
  readonly clock: () => number;
};

export function userHandlers(services: UserServices): Handlers<Names> {
  const { database, callers, connections, keystone, clock } = services;
  /** Ends all that a user has open here, and their tokens too where they are not to be used any more. */
  const endAll = async (user: UserRow, { tokens, but }: { tokens: boolean; but?: string }) => {
    await database
      .deleteFrom("sessions")
      .where("user_id", "=", user.id)
      .where("hash", "!=", but ?? "")
      .execute();
    if (tokens) await database.deleteFrom("tokens").where("user_id", "=", user.id).execute();
    connections.end({ user: user.id }, but);
  };
  const requireAnother = async (user: UserRow): Promise<void> => {
    if (user.is_admin === 1 && user.is_disabled === 0 && (await administrators(database)) === 1)
      throw labError("LAST_ADMINISTRATOR", { user: user.name });
  };
  const token = (row: Tables["tokens"]) => ({
    id: row.id,
    name: row.name,
    scope: row.scope,
    createdAt: timeText(row.created_at),
    ...(row.expires_at === null ? {} : { expiresAt: timeText(row.expires_at) }),
    ...(row.last_used_at === null ? {} : { lastUsedAt: timeText(row.last_used_at) }),
  });
  return {
    signIn: async ({ body, address, agent, setSession }) => {
      const { caller, secret } = await callers.signIn(body.name, body.password, { address, agent });
      setSession(secret, caller.user);
      return sessionOf(database, caller);
    },
    signInByKeystone: async ({ body, address, agent, setSession }) => {
      if (keystone === undefined) throw labError("KEYSTONE_NOT_FOUND", {});
      const { name, password, domain, token: proof } = body;
      const user =
        name !== undefined && password !== undefined && proof === undefined
          ? await keystone.signIn({ name, password, domain }, address)
          : proof !== undefined && name === undefined && password === undefined
            ? await keystone.signIn({ token: proof }, address)
            : undefined;
      if (user === undefined) throw labError("BAD_REQUEST", { detail: "Send a name and a password, or a token." });
      const { caller, secret } = await callers.open(user, { address, agent });
      setSession(secret, caller.user);
      return sessionOf(database, caller);
    },
    session: ({ caller }) => sessionOf(database, caller),
    sessions: async ({ caller, query: { limit, after } }) => {
      const from = after === undefined ? undefined : timedKey(after);
      const rows = await database
        .selectFrom("sessions")
        .selectAll()
        .where("user_id", "=", caller.user.id)
        .where("expires_at", ">", clock())
        .$if(from !== undefined, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple("created_at", "hash"), "<", tuple(from?.time ?? 0, from?.id ?? "")),
          ),
        )
        .orderBy("created_at", "desc")
        .orderBy("hash", "desc")
        .limit(limit + 1)
        .execute();
      const session = (row: Tables["sessions"]) => ({
        id: sessionId(row.hash),
        createdAt: timeText(row.created_at),
        expiresAt: timeText(row.expires_at),
        address: row.address,
        agent: row.agent,
        isThis: caller.by === "session" && caller.hash === row.hash,
      });
      return pageOf(rows, limit, session, (row) => `${row.created_at}-${sessionId(row.hash)}`);
    },
    endSession: async ({ caller, params: { session: id = "" } }) => {
      const rows = await database.selectFrom("sessions").select("hash").where("user_id", "=", caller.user.id).execute();
      const known = rows.find(({ hash }) => sessionId(hash) === id);
      if (known === undefined) throw labError("SESSION_NOT_FOUND", { session: id });
      await callers.signOut(known.hash);
      connections.end({ user: caller.user.id, credential: known.hash });
      return undefined;
    },
    signOut: async ({ caller, setSession }) => {
      if (caller.by === "session") {
        await callers.signOut(caller.hash);
        connections.end({ user: caller.user.id, credential: caller.hash });
      }
      setSession(undefined);
      return undefined;
    },
    changePassword: async ({ caller, body }) => {
      if (caller.user.password === null || !(await isPassword(body.current, caller.user.password)))
        throw labError("SIGN_IN_REFUSED", {});
      await setPassword(database, caller.user, body.password);
      await endAll(caller.user, { tokens: false, but: credentialOf(caller) });
      return undefined;
    },
    tokens: async ({ caller, query: { limit, after } }) => {
      const from = after === undefined ? undefined : timedKey(after);
      const rows = await database
        .selectFrom("tokens")
        .selectAll()
        .where("user_id", "=", caller.user.id)
        .$if(from !== undefined, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple("created_at", "id"), ">", tuple(from?.time ?? 0, from?.id ?? "")),
          ),
        )
        .orderBy("created_at")
        .orderBy("id")
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, token, (row) => `${row.created_at}-${row.id}`);
    },
    createToken: async ({ caller, body, newId }) => {
      const secret = `${tokenPrefix}${newSecret()}`;
      const now = clock();
      const row: Tables["tokens"] = {
        id: newId(),
        user_id: caller.user.id,
        name: body.name,
        hash: hashOf(secret),
        scope: body.scope,
        created_at: now,
        expires_at: body.expiresInDays === undefined ? null : now + body.expiresInDays * dayMs,
        last_used_at: null,
      };
      const { id: _, ...fresh } = row;
      await database
        .insertInto("tokens")
        .values(row)
        // Made by this very request, before a server ended that had not told its secret.
        .onConflict((conflict) => conflict.column("id").doUpdateSet(fresh))
        .execute();
      return { ...token(row), secret };
    },
    deleteToken: async ({ caller, params: { token: id = "" } }) => {
      const done = await database
        .deleteFrom("tokens")
        .where("id", "=", id)
        .where("user_id", "=", caller.user.id)
        .executeTakeFirst();
      if (done.numDeletedRows !== 1n) throw labError("TOKEN_NOT_FOUND", { token: id });
      connections.end({ user: caller.user.id, credential: id });
      return undefined;
    },
    users: async ({ query: { limit, after = "" } }) => {
      const rows = await database
        .selectFrom("users")
        .selectAll()
        .where("name", ">", after)
        .orderBy("name")
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, userOf, ({ name }) => name);
    },
    user: async ({ params: { user: name = "" } }) => userOf(await findUser(database, name)),
    createUser: async ({ body, newId }) => userOf(await addUser(database, clock(), newId(), body)),
    changeUser: async ({ params: { user: name = "" }, body, ifMatch }) => {
      const user = await findUser(database, name);
      requireMatch(ifMatch, user.revision, `User ${name}`);
      if (body.isAdmin === false || body.isDisabled === true) await requireAnother(user);
      const values = {
        ...(body.displayName === undefined ? {} : { display_name: body.displayName }),
        ...(body.isAdmin === undefined ? {} : { is_admin: Number(body.isAdmin) }),
        ...(body.isDisabled === undefined ? {} : { is_disabled: Number(body.isDisabled) }),
      };
      const changed = await changeRow(database, "users", user, values, `User ${name}`);
      if (body.password !== undefined) {
        await setPassword(database, user, body.password);
        callers.unlock(name);
      }
      if (body.password !== undefined || body.isDisabled === true) await endAll(user, { tokens: false });
      // What it is open for, it may not be any more.
      else if (body.isAdmin === false) connections.end({ user: user.id });
      return userOf(changed);
    },
    deleteUser: async ({ params: { user: name = "" }, ifMatch }) => {
      const user = await findUser(database, name);
      requireMatch(ifMatch, user.revision, `User ${name}`);
      await requireAnother(user);
      const done = await database
        .deleteFrom("users")
        .where("id", "=", user.id)
        .$if(ifMatch !== undefined, (query) => query.where("revision", "=", user.revision))
        .executeTakeFirst();
      requireChanged(done.numDeletedRows, `User ${name}`);
      connections.end({ user: user.id });
      return undefined;
    },
    endUserSessions: async ({ params: { user: name = "" } }) => {
      await endAll(await findUser(database, name), { tokens: true });
      return undefined;
    },
  };
}

/** The place of what has a time in a list. @throws BAD_REQUEST */
function timedKey(after: string): { readonly time: number; readonly id: string } {
  const [, time = "", id = ""] = /^(\d{1,15})-(\w+)$/.exec(after) ?? [];
  if (id === "") throw labError("BAD_REQUEST", { detail: "after is not the `next` of a page." });
  return { time: Number(time), id };
}

/** Part of what is kept of its secret, from which nobody finds either. */
const sessionId = (hash: string): string => hash.slice(0, 18);

async function setPassword(database: Database, user: UserRow, password: string): Promise<void> {
  const hashed = await hashPassword(password);
  await database.updateTable("users").set({ password: hashed }).where("id", "=", user.id).execute();
}

async function administrators(database: Database): Promise<number> {
  const row = await database
    .selectFrom("users")
    .select(({ fn }) => fn.countAll().as("count"))
    .where("is_admin", "=", 1)
    .where("is_disabled", "=", 0)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}
