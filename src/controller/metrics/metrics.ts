import type { Database } from "../data/database.ts";
import { type LabOutline, outlineColumns } from "../data/lab-outline.ts";

/** Upper bounds of how long deploying takes, in seconds. */
export const deployBounds = [1, 2, 5, 10, 30, 60, 120, 300] as const;

type Point = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** A measure as sinks take it: numbers, and never whose they are. */
export type Metric = { readonly name: string; readonly help: string } & (
  | { readonly type: "gauge" | "counter"; readonly points: readonly Point[] }
  | {
      readonly type: "histogram";
      readonly unit: "s";
      /** One more than there are bounds; each counts what is above the bound before. */
      readonly counts: readonly number[];
      readonly sum: number;
    }
);

/** Counts of what the server does, since it was started. Nothing leaves it but to sinks of its administrator's. */
export class Metrics {
  readonly startedAt: number;
  readonly #clock: () => number;
  readonly #requests = new Map<string, number>();
  readonly #deploys = { ok: 0, failed: 0 };
  readonly #durations = Array.from({ length: deployBounds.length + 1 }, () => 0);
  #seconds = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.startedAt = clock();
  }

  get now(): number {
    return this.#clock();
  }

  /** A request was answered. */
  answered(status: number): void {
    const kind = `${Math.floor(status / 100)}xx`;
    this.#requests.set(kind, (this.#requests.get(kind) ?? 0) + 1);
  }

  /** A lab came up, or did not. */
  deployed(seconds: number, ok: boolean): void {
    this.#deploys[ok ? "ok" : "failed"] += 1;
    if (!ok) return;
    const at = deployBounds.findIndex((bound) => seconds <= bound);
    const bucket = at < 0 ? deployBounds.length : at;
    this.#durations[bucket] = (this.#durations[bucket] ?? 0) + 1;
    this.#seconds += seconds;
  }

  /** All measures as they are now. @param stateOf of a lab */
  async collect(database: Database, stateOf: (lab: LabOutline) => string): Promise<readonly Metric[]> {
    const labs = await database
      .selectFrom("labs")
      .select([...outlineColumns, "nodes"])
      .execute();
    const states = Map.groupBy(labs, stateOf);
    const running = states.get("running") ?? [];
    const count = async (table: "users" | "projects"): Promise<number> =>
      Number(
        (
          await database
            .selectFrom(table)
            .select(({ fn }) => fn.countAll().as("count"))
            .executeTakeFirstOrThrow()
        ).count,
      );
    const gauge = (name: string, help: string, value: number): Metric => ({
      name,
      help,
      type: "gauge",
      points: [{ labels: {}, value }],
    });
    return [
      {
        name: "netwright_labs",
        help: "Labs, by what they are in.",
        type: "gauge",
        points: [...states].map(([state, of]) => ({ labels: { state }, value: of.length })),
      },
      gauge(
        "netwright_nodes",
        "Nodes of labs that run.",
        running.reduce((sum, { nodes }) => sum + nodes, 0),
      ),
      gauge("netwright_projects", "Projects.", await count("projects")),
      gauge("netwright_users", "Users.", await count("users")),
      {
        name: "netwright_http_requests_total",
        help: "Requests that were answered, by the kind of status.",
        type: "counter",
        points: [...this.#requests].map(([status, value]) => ({ labels: { status }, value })),
      },
      {
        name: "netwright_deploys_total",
        help: "Starts of labs, by how they ended.",
        type: "counter",
        points: Object.entries(this.#deploys).map(([result, value]) => ({ labels: { result }, value })),
      },
      {
        name: "netwright_deploy_duration_seconds",
        help: "How long labs took to come up.",
        type: "histogram",
        unit: "s",
        counts: [...this.#durations],
        sum: this.#seconds,
      },
    ];
  }
}
