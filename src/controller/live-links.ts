import { diskReader } from "../client/lab-file.ts";
import type { Lab } from "../topology/index.ts";
import { type LiveLinks, liveLinks, withLiveLinks } from "../topology/live-links.ts";
import type { LoadedLab } from "../topology/load.ts";
import type { Agent } from "./agent/agent.ts";
import type { Database } from "./data/database.ts";
import type { Tables } from "./data/tables.ts";

type LabRow = Tables["labs"];

/**
 * Links that came and went while labs ran, which their texts do not know: they are written down when they change and
 * before a lab is stopped, and are there again when it starts. An apply makes the lab what its text says, and forgets them.
 */
export class LiveLinkNotes {
  readonly #database: Database;
  readonly #agent: Agent;
  readonly #read: (row: LabRow) => Promise<LoadedLab>;
  /** Of each lab the last that was begun: what is seen later is written later. */
  readonly #last = new Map<string, Promise<void>>();

  /** @param read what a lab's text says */
  constructor(database: Database, agent: Agent, read: (row: LabRow) => Promise<LoadedLab>) {
    this.#database = database;
    this.#agent = agent;
    this.#read = read;
  }

  /** Asks a lab that runs. @throws what asking it throws; what was written down before stays */
  async note({ id }: Pick<LabRow, "id">): Promise<void> {
    const begin = () => this.#note(id);
    const mine = (this.#last.get(id) ?? Promise.resolve()).then(begin, begin);
    this.#last.set(id, mine);
    try {
      await mine;
    } finally {
      if (this.#last.get(id) === mine) this.#last.delete(id);
    }
  }

  async #note(id: string): Promise<void> {
    const row = await this.#database.selectFrom("labs").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return;
    const [{ lab: file }, running] = await Promise.all([this.#read(row), this.#agent.client(row.run_name).config()]);
    const live = liveLinks(file, running);
    await this.#database
      .updateTable("labs")
      .set({ live_links: live === undefined ? null : JSON.stringify(live) })
      .where("id", "=", id)
      // Not of another text, which has been applied meanwhile.
      .where("text", "=", row.text)
      .execute();
  }
}

/** A lab as it was when it ran last. @throws LabFileError where its text and what has come while it ran do not fit */
export function asItRan(file: Lab, { live_links: live }: Pick<LabRow, "live_links">): Lab {
  return live === null ? file : withLiveLinks(file, JSON.parse(live) as LiveLinks, diskReader);
}
