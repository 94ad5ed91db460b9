import { setTimeout } from "node:timers/promises";
import type { Database } from "./data/database.ts";
import { databaseError } from "./data/failures.ts";
import type { Tables } from "./data/tables.ts";

export type EventRow = Pick<Tables["events"], "at" | "type" | "project_id" | "subject" | "message"> & {
  readonly id: number;
};

const pageRows = 500;
const retryMs = 1_000;

/** What happens in projects: written down first, then told to those who listen. */
export class Bulletin {
  readonly #database: Database;
  readonly #clock: () => number;
  readonly #listeners = new Set<() => void>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: Database, clock: () => number) {
    this.#database = database;
    this.#clock = clock;
  }

  /** One after the other: a number that is given first is there first, so that who follows misses none. */
  async add(project: string, type: string, subject: string, message: string): Promise<void> {
    const event = { at: this.#clock(), type, project_id: project, subject, message };
    const added = this.#last.then(() => this.#database.insertInto("events").values(event).execute());
    this.#last = added.catch(() => undefined);
    await added;
    for (const listener of this.#listeners) listener();
  }

  /** As `add`, of what is done and stays done: where the database is gone by now, nobody is told. */
  async tell(project: string, type: string, subject: string, message: string): Promise<void> {
    try {
      await this.add(project, type, subject, message);
    } catch (error) {
      if (databaseError(error) === undefined) throw error;
    }
  }

  /** Events of a project after number `after`, and then as they come, until `signal` aborts. */
  async *follow(project: string, after: number, signal: AbortSignal): AsyncGenerator<EventRow, void, undefined> {
    let last = after;
    let isNew = true;
    let wake: () => void = () => undefined;
    const listener = () => {
      isNew = true;
      wake();
    };
    this.#listeners.add(listener);
    signal.addEventListener("abort", listener);
    try {
      while (!signal.aborted) {
        if (!isNew) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (isNew) resolve();
          });
          continue;
        }
        isNew = false;
        for (;;) {
          const rows = await this.#page(project, last);
          if (rows === undefined) {
            // The database is gone: whoever listens waits with us until it is back.
            await setTimeout(retryMs, undefined, { signal }).catch(() => undefined);
            isNew = true;
            break;
          }
          for (const row of rows) {
            if (signal.aborted) return;
            last = row.id;
            yield row;
          }
          if (rows.length < pageRows) break;
        }
      }
    } finally {
      this.#listeners.delete(listener);
      signal.removeEventListener("abort", listener);
    }
  }

  /** Events after number `last`; undefined while the database is gone. */
  async #page(project: string, last: number): Promise<readonly EventRow[] | undefined> {
    try {
      return await this.#database
        .selectFrom("events")
        .selectAll()
        .where("project_id", "=", project)
        .where("id", ">", last)
        .orderBy("id")
        .limit(pageRows)
        .execute();
    } catch (error) {
      if (databaseError(error) === undefined) throw error;
      return undefined;
    }
  }

  /** The number of the newest event of a project; 0 when nothing has happened. */
  async newest(project: string): Promise<number> {
    const row = await this.#database
      .selectFrom("events")
      .select(({ fn }) => fn.max("id").as("id"))
      .where("project_id", "=", project)
      .executeTakeFirst();
    return row?.id ?? 0;
  }
}
