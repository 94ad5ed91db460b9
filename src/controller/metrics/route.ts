import type { FastifyInstance } from "fastify";
import { labError } from "../../topology/index.ts";
import { hashOf } from "../identity/secrets.ts";
import type { Metric, Metrics } from "./metrics.ts";
import { prometheusText, prometheusType } from "./prometheus.ts";

/** What a server with metrics gives its HTTP side. */
export type Measuring = {
  readonly metrics: Metrics;
  /** Of who may read them here; absent: nobody. */
  readonly token?: string;
  collect(): Promise<readonly Metric[]>;
};

/** Counts requests, and shows measures at `/metrics` to who has the token for it; no user of the server's has one. */
export function addMetrics(app: FastifyInstance, { metrics, token, collect }: Measuring): void {
  app.addHook("onResponse", async (_request, reply) => metrics.answered(reply.statusCode));
  if (token === undefined) return;
  app.get("/metrics", async (request, reply) => {
    const sent = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
    // Hashes, so that how long comparing takes says nothing of the token.
    if (hashOf(sent) !== hashOf(token)) throw labError("METRICS_NOT_SIGNED_IN", {});
    return reply.type(prometheusType).send(prometheusText(await collect()));
  });
}
