/**
 * A server for programs/api-load.ts to ask. Its labs only pretend to run: what is measured is the server. Prints its
 * port; then, for each line that it reads, what it has used. With the argument `floor`, Node's own HTTP server in its
 * place, which always says the same.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Agent, AgentState } from "../../src/controller/agent/agent.ts";
import { hostFacts } from "../../src/controller/agent/host-facts.ts";
import { serve } from "../../tests/controller/serve.ts";

export type Started = { readonly port: number };
export type Usage = { readonly cpuSeconds: number; readonly megabytes: number };

const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
function answerUsage(): void {
  createInterface({ input: process.stdin })
    .on("line", () => {
      const { user, system } = process.cpuUsage();
      say({ cpuSeconds: (user + system) / 1e6, megabytes: process.memoryUsage.rss() / 2 ** 20 } satisfies Usage);
    })
    .on("close", () => process.exit());
}

if (process.argv[2] === "floor") {
  const body = JSON.stringify({ items: [], filler: "x".repeat(600) });
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
  server.listen(0, "127.0.0.1", () => {
    say({ port: (server.address() as AddressInfo).port } satisfies Started);
    answerUsage();
  });
} else {
  const folder = mkdtempSync(join(tmpdir(), "netwright-bench-api-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const running = new Map<string, AgentState>();
  const none = () => Promise.reject(new Error("nobody asks for that"));
  const agent: Agent = {
    start: async ({ name }) => void running.set(name, "running"),
    stop: async (name) => void running.delete(name),
    list: async () => new Map(running),
    client: () => {
      throw new Error("nobody asks its labs");
    },
    captureFile: none,
    placesOf: () => [],
    connect: none,
    host: () => hostFacts(folder, running.size),
    images: async () => [],
    pullImage: none,
    removeImage: none,
  };
  const controller = await serve({ database: `sqlite:${join(folder, "server.db")}`, agent, isDocumented: false });
  say({ port: controller.port } satisfies Started);
  answerUsage();
}
