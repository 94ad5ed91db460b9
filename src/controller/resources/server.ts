import { sql } from "kysely";
import type { ControllerEvent, Others, PresenceEvent, PresencePlace } from "../../api/index.ts";
import type { Bulletin, EventRow } from "../bulletin.ts";
import type { Database } from "../data/database.ts";
import type { Presence } from "../presence.ts";
import type { Handlers } from "../server/input.ts";
import { together } from "../together.ts";
import { pageOf, timeText } from "./page.ts";

type Names = "projectEvents" | "audit" | "host";

export function serverHandlers(
  database: Database,
  bulletin: Bulletin,
  presence: Presence,
  version: string,
): Handlers<Names> {
  return {
    projectEvents: async function* ({ project, caller, query: { after, at }, signal }) {
      const from = after ?? (await bulletin.newest(project.id));
      const events = eventsOf(bulletin.follow(project.id, from, signal), project.name);
      if (at === undefined) return yield* events;
      const others = presence.follow(`${project.id}/${at}`, caller.user, signal);
      yield* together<ControllerEvent | PresenceEvent>(presenceOf(others, project.name, at), events);
    },
    audit: async ({ query: { limit, after, user, target, refused } }) => {
      const rows = await database
        .selectFrom("audit")
        .selectAll()
        .$if(after !== undefined, (query) => query.where("id", "<", after ?? 0))
        .$if(user !== undefined, (query) => query.where("user_name", "=", user ?? ""))
        .$if(target !== undefined, (query) => query.where(inTarget(target ?? "")))
        .$if(refused, (query) => query.where("status", ">=", firstRefusal))
        .orderBy("id", "desc")
        .limit(limit + 1)
        .execute();
      const entry = (row: (typeof rows)[number]) => ({
        id: row.id,
        at: timeText(row.at),
        user: row.user_name,
        address: row.address,
        action: row.action,
        target: row.target,
        status: row.status,
      });
      return pageOf(rows, limit, entry, ({ id }) => String(id));
    },
    host: async () => {
      const { labs } = await database
        .selectFrom("labs")
        .select(({ fn }) => fn.countAll().as("labs"))
        .executeTakeFirstOrThrow();
      return { version, labs: Number(labs) };
    },
  };
}

/** Statuses from here on say that something was not done (RFC 9110, 15.5 and 15.6). */
const firstRefusal = 400;

/** Targets are kept as they were asked for, which is not how people write what they look for. */
const inTarget = (text: string) =>
  sql<boolean>`(${has("target", text)} or ${has("target", text.split("/").map(encodeURIComponent).join("/"))})`;

/** Whether a column has a text in it; what stands for other letters in a pattern stands for itself. */
const has = (column: "target", text: string) =>
  sql<boolean>`${sql.ref(column)} like ${`%${text.replaceAll(/[\\%_]/g, "\\$&")}%`} escape '\\'`;

async function* eventsOf(rows: AsyncIterable<EventRow>, project: string): AsyncGenerator<ControllerEvent> {
  for await (const row of rows) yield eventOf(row, project);
}

async function* presenceOf(
  all: AsyncIterable<Others>,
  project: string,
  subject: PresencePlace,
): AsyncGenerator<PresenceEvent> {
  for await (const others of all) yield { type: "presence", project, subject, ...others };
}

const eventOf = (row: EventRow, project: string) => ({
  id: row.id,
  at: timeText(row.at),
  type: row.type,
  project,
  subject: row.subject,
  message: row.message,
});
