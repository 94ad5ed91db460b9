import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TestPostgres } from "../controller/postgres.ts";
import { until } from "../controller/test-server.ts";
import { Netwright } from "./netwright.ts";

/** A server's database, copied while it runs, lost, and put back. */

const freePort = () => 20_000 + Math.floor(Math.random() * 10_000);

/** A server of the command line's, whose first administrator's password is known. */
async function serve(netwright: Netwright) {
  const child = netwright.spawn(["serve", "--config", "server.yaml", "--json"]);
  const ended = once(child, "exit");
  let text = "";
  let errors = "";
  child.stderr?.on("data", (data: Buffer) => (errors += String(data)));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (data: Buffer) => {
      text += String(data);
      if (text.trimEnd().endsWith("}")) resolve();
    });
    child.once("exit", () => reject(new Error(errors)));
  });
  const { url, administrator } = JSON.parse(text) as { url: string; administrator?: { password: string } };
  let headers: Record<string, string> = {};
  const call = async (method: string, path: string, body?: unknown, as = headers) => {
    const response = await fetch(`${url}api/v1${path}`, {
      method,
      headers: { ...as, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answered = await response.text();
    // biome-ignore lint/suspicious/noExplicitAny: what it is depends on the route
    return { status: response.status, response, body: (answered === "" ? {} : JSON.parse(answered)) as any };
  };
  return {
    call,
    password: administrator?.password,
    signIn: async (password: string) => {
      const { response, body } = await call("POST", "/session", { name: "admin", password });
      headers = {
        cookie: response.headers.getSetCookie()[0]?.split(";")[0] ?? "",
        "x-csrf-token": body.csrfToken as string,
      };
      return headers;
    },
    end: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function lostAndFound(netwright: Netwright, database: string, lose: () => void): Promise<void> {
  netwright.write({ "server.yaml": `listen: 127.0.0.1:${freePort()}\ndatabase: ${database}\nplain: true\n` });
  const backup = (file: string) => netwright.call(["serve", "backup", "--config", "server.yaml", file]);
  const restore = (file: string) => netwright.call(["serve", "restore", "--config", "server.yaml", file]);
  const first = await serve(netwright);
  const password = first.password ?? "";
  const session = await first.signIn(password);
  await first.call("POST", "/users", { name: "ann", displayName: "Ann", password: "a long password" });
  await first.call("POST", "/projects", { name: "demo" });
  const text = "nodes: {h1: {}}";
  await first.call("PUT", "/projects/demo/topologies/one", { text, message: "kept" });
  await first.call("POST", "/projects/demo/labs", { name: "kept", topology: { name: "one" } });
  const stateOf = (server: typeof first) => async () =>
    (await server.call("GET", "/projects/demo/labs/kept")).body.state as string;
  await until(stateOf(first), (state) => state === "running");

  // While it runs; what comes after is not in it.
  expect(await backup("copy")).toMatchObject({ exitCode: 0 });
  expect(statSync(join(netwright.folder, "copy")).mode & 0o777).toBe(0o600);
  expect(await backup("copy")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is there already") });
  await first.call("POST", "/projects", { name: "later" });
  expect(await restore("copy")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("A server answers") });
  await first.end();
  lose();

  expect(await restore("copy")).toMatchObject({ exitCode: 0 });
  netwright.write({ "no-copy": "something else" });
  expect(await restore("no-copy")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("Nothing has changed"),
  });
  const second = await serve(netwright);
  try {
    expect(second.password).toBeUndefined();
    // Sessions are not brought back: some may have ended since.
    expect((await second.call("GET", "/session", undefined, session)).status).toBe(401);
    await second.signIn(password);
    expect((await second.call("GET", "/users")).body.items).toMatchObject([{ name: "admin" }, { name: "ann" }]);
    expect((await second.call("GET", "/projects")).body.items).toMatchObject([{ name: "demo" }]);
    expect((await second.call("GET", "/projects/demo/topologies/one")).body).toMatchObject({ text, message: "kept" });
    // The lab ran all the time, and is the server's again.
    expect(await until(stateOf(second), (state) => state !== "deploying")).toBe("running");
    expect((await second.call("DELETE", "/projects/demo/labs/kept")).status).toBe(204);
    expect((await netwright.call(["ps", "--json"])).stdout).toContain('"labs": []');
  } finally {
    await second.end();
  }
}

describe("a copy of a server's database", () => {
  it("of SQLite brings everything back", async () => {
    await using netwright = await Netwright.open();
    await lostAndFound(netwright, "sqlite:data/server.db", () =>
      rmSync(join(netwright.folder, "data"), { recursive: true }),
    );
    expect(await netwright.call(["serve"])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--config") });
  });

  it("of PostgreSQL, by its own programs", async ({ skip }) => {
    const why = TestPostgres.unavailable();
    skip(why !== undefined, why);
    await using postgres = await TestPostgres.start();
    await using netwright = await Netwright.open();
    const database = await postgres.database();
    await lostAndFound(netwright, database, () => {
      const dropped = spawnSync("psql", [database, "--command=drop schema public cascade; create schema public"]);
      expect(dropped.status, String(dropped.stderr)).toBe(0);
    });
  });
});
