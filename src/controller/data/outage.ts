import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import { databaseError } from "./failures.ts";

/** Between two questions to a database that is gone, in milliseconds. */
const askMs = 1_000;

/** Says that the database is gone once, however many requests meet it, and once that it is back. */
export class Outage implements Disposable {
  readonly #database: Database;
  readonly #say: (text: string) => void;
  readonly #closing = new AbortController();
  #isGone = false;

  constructor(database: Database, say: (text: string) => void) {
    this.#database = database;
    this.#say = say;
  }

  /** @returns whether an error is of a database that is gone, and so told of */
  covers(error: unknown): boolean {
    const known = databaseError(error);
    if (known?.code !== "DATABASE_GONE") return false;
    if (!this.#isGone) {
      this.#isGone = true;
      this.#say(known.message);
      void this.#untilBack();
    }
    return true;
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
  }

  async #untilBack(): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      await pause(askMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const answers = await sql`select 1 from users`.execute(this.#database).then(
        () => true,
        () => false,
      );
      if (!answers) continue;
      this.#isGone = false;
      this.#say("The server's database answers again.");
      return;
    }
  }
}
