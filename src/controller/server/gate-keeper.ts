import type { FastifyRequest } from "fastify";
import type { Access, Role } from "../../api/index.ts";
import { labError } from "../../topology/index.ts";
import type { Database } from "../data/database.ts";
import { prepared } from "../data/prepared.ts";
import type { Caller, Callers } from "../identity/callers.ts";
import { hasRightsOf } from "../identity/roles.ts";
import type { ProjectRow } from "./input.ts";

/** Of whoever signed in by a browser. `__Host-`: by HTTPS, for this very host, for all of its paths (RFC 6265bis). */
export const cookieName = (isSecure: boolean): string => (isSecure ? "__Host-netwright" : "netwright");

export type Admitted = {
  readonly caller: Caller | undefined;
  readonly project: ProjectRow | undefined;
  readonly role: Role | undefined;
};

const whoHas = { viewer: "A viewer", operator: "An operator", admin: "An admin" } as const satisfies Record<
  Role,
  string
>;

/** Of who is none. */
export const notServerAdministrator = {
  who: "Who is no server administrator",
  needs: "a server administrator",
} as const;

/** Decides who may come in: the one place where rights are checked. */
export class GateKeeper {
  readonly #findRole: ReturnType<typeof findRole>;
  readonly #callers: Callers;
  readonly #cookie: string;
  readonly #known = new WeakMap<object, Caller>();

  /** @param cookie name of the cookie with a session's secret */
  constructor(database: Database, callers: Callers, cookie: string) {
    this.#findRole = findRole(database);
    this.#callers = callers;
    this.#cookie = cookie;
  }

  /**
   * @param what is asked for, as one says that somebody may not: "deploy a lab"
   * @param projectName where `access` is a role
   * @throws NOT_SIGNED_IN, CSRF_TOKEN_WRONG, NOT_ALLOWED, PROJECT_NOT_FOUND
   */
  async admit(
    request: FastifyRequest,
    access: Access,
    what: string,
    projectName: string | undefined,
  ): Promise<Admitted> {
    const caller = await this.#callerOf(request);
    if (caller !== undefined) this.#known.set(request, caller);
    if (access === "anybody") return { caller, project: undefined, role: undefined };
    if (caller === undefined) throw labError("NOT_SIGNED_IN", {});
    const changes = request.method !== "GET" && request.method !== "HEAD";
    if (caller.by === "session" && changes && request.headers["x-csrf-token"] !== caller.csrfToken)
      throw labError("CSRF_TOKEN_WRONG", {});
    requireScope(caller, access, changes, what);
    if (access === "user") return { caller, project: undefined, role: undefined };
    if (access === "server-admin") {
      if (caller.user.is_admin !== 1) throw labError("NOT_ALLOWED", { what, ...notServerAdministrator });
      return { caller, project: undefined, role: undefined };
    }
    const { project, role } = await this.#roleIn(projectName ?? "", caller);
    if (!hasRightsOf(role, access))
      throw labError("NOT_ALLOWED", {
        who: `${whoHas[role]} of project ${project.name}`,
        what,
        needs: `the role ${access}, which an admin of the project can give`,
      });
    return { caller, project, role };
  }

  /** Who asked, of a request that was admitted or refused; undefined for nobody. */
  whoAsked(request: object): Caller | undefined {
    return this.#known.get(request);
  }

  /** Who is no member learns nothing, not even that there is such a project. */
  async #roleIn(name: string, { user }: Caller): Promise<{ project: ProjectRow; role: Role }> {
    const row = await this.#findRole({ name, user: user.id });
    const role = user.is_admin === 1 ? "admin" : row?.role;
    if (row === undefined || role === undefined || role === null)
      throw labError("PROJECT_NOT_FOUND", { project: name });
    const { role: _, ...project } = row;
    return { project, role };
  }

  async #callerOf(request: FastifyRequest): Promise<Caller | undefined> {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const caller = await this.#callers.ofToken(/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "");
      if (caller === undefined) throw labError("NOT_SIGNED_IN", {});
      return caller;
    }
    const secret = request.cookies[this.#cookie];
    return secret === undefined ? undefined : this.#callers.ofSession(secret);
  }
}

function requireScope(caller: Caller, access: Access, changes: boolean, what: string): void {
  if (caller.by !== "token" || caller.scope === "admin") return;
  const who = `A token with the scope ${caller.scope}`;
  if (changes && (access === "admin" || access === "server-admin" || access === "user"))
    throw labError("NOT_ALLOWED", { who, what, needs: "a token with the scope admin" });
  // Opening a terminal is a GET, and no looking.
  if ((changes || access === "operator") && caller.scope === "read")
    throw labError("NOT_ALLOWED", { who, what, needs: "a token with the scope operate" });
}

const findRole = (database: Database) =>
  prepared(database, ({ name, user }: { readonly name: string; readonly user: string }) =>
    database
      .selectFrom("projects")
      .leftJoin("members", (join) =>
        join.onRef("members.project_id", "=", "projects.id").on("members.user_id", "=", user),
      )
      .selectAll("projects")
      .select("members.role")
      .where("projects.name", "=", name),
  );
