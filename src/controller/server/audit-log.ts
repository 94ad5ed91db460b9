import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import type { Database } from "../data/database.ts";
import type { Caller } from "../identity/callers.ts";
import { oidcPaths } from "../identity/oidc.ts";
import { apiPrefix } from "./app-options.ts";
import type { GateKeeper } from "./gate-keeper.ts";

export type AuditEntry = {
  readonly address: string;
  readonly action: string;
  readonly target: string;
  readonly status: number;
};

/** Where one says by a name who one is. */
const namedSignIns = new Set([`${apiPrefix}/session`, `${apiPrefix}/session/keystone`]);
/** Of a name that somebody has typed: names of users are shorter. */
const mostNameLength = 100;

/** Has every change that was asked for and every sign-in, refused ones too. */
export class AuditLog {
  readonly #database: Database;
  readonly #gateKeeper: GateKeeper;
  readonly #clock: () => number;
  readonly #signingIn = new WeakMap<FastifyRequest, string>();

  constructor(database: Database, gateKeeper: GateKeeper, clock: () => number) {
    this.#database = database;
    this.#gateKeeper = gateKeeper;
    this.#clock = clock;
  }

  /** Says who signs in by a request, as far as it is known by now. */
  signsIn(request: FastifyRequest, name: string): void {
    this.#signingIn.set(request, name);
  }

  /** Writes down a request that asks for a change, or signs in. Of who is not let in: the name that they gave. */
  async note(request: FastifyRequest, status: number): Promise<void> {
    const target = request.url.split("?")[0] ?? "";
    // A browser comes back from a provider of identities by GET.
    const isReading = request.method === "GET" || request.method === "HEAD";
    if (isReading && target !== oidcPaths.back) return;
    const name =
      this.#signingIn.get(request) ??
      (request.method === "POST" && namedSignIns.has(target) ? nameIn(request.body) : undefined) ??
      this.#gateKeeper.whoAsked(request)?.user.name;
    await this.#write(name, {
      address: isIP(request.ip) === 0 ? "" : request.ip,
      action: request.method,
      target,
      status,
    });
  }

  async write(caller: Caller | undefined, entry: AuditEntry): Promise<void> {
    await this.#write(caller?.user.name, entry);
  }

  async #write(name = "", entry: AuditEntry): Promise<void> {
    // No database keeps a NUL in a text, nor half a character.
    const user = name.replaceAll("\0", "").slice(0, mostNameLength).toWellFormed();
    await this.#database
      .insertInto("audit")
      .values({ at: this.#clock(), user_name: user, ...entry })
      .execute();
  }
}

/** Of a body that may be anything. */
function nameIn(body: unknown): string | undefined {
  const { name } = (body ?? {}) as { readonly name?: unknown };
  return typeof name === "string" ? name : undefined;
}
