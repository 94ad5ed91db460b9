import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import type { Database } from "../data/database.ts";
import type { Caller } from "../identity/callers.ts";
import type { GateKeeper } from "./gate-keeper.ts";

export type AuditEntry = {
  readonly address: string;
  readonly action: string;
  readonly target: string;
  readonly status: number;
};

/** Has every change that was asked for, refused ones too. */
export class AuditLog {
  readonly #database: Database;
  readonly #gateKeeper: GateKeeper;
  readonly #clock: () => number;

  constructor(database: Database, gateKeeper: GateKeeper, clock: () => number) {
    this.#database = database;
    this.#gateKeeper = gateKeeper;
    this.#clock = clock;
  }

  /** Writes down a request that asks for a change. */
  async note(request: FastifyRequest, status: number): Promise<void> {
    if (request.method === "GET" || request.method === "HEAD") return;
    await this.write(this.#gateKeeper.whoAsked(request), {
      address: isIP(request.ip) === 0 ? "" : request.ip,
      action: request.method,
      target: request.url.split("?")[0] ?? "",
      status,
    });
  }

  async write(caller: Caller | undefined, entry: AuditEntry): Promise<void> {
    await this.#database
      .insertInto("audit")
      .values({ at: this.#clock(), user_name: caller?.user.name ?? "", ...entry })
      .execute();
  }
}
