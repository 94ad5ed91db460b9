import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ask, Caller } from "../controller/caller.ts";
import { TestPostgres } from "../controller/postgres.ts";
import { until } from "../controller/test-server.ts";
import { freePort } from "../free-port.ts";
import { Netwright } from "./netwright.ts";

/** A server's database, copied while it runs, lost, and put back. */

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
  return {
    address: new URL(url).origin,
    password: administrator?.password,
    end: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function lostAndFound(netwright: Netwright, database: string, lose: () => void): Promise<void> {
  netwright.write({ "server.yaml": `listen: 127.0.0.1:${await freePort()}\ndatabase: ${database}\nplain: true\n` });
  const backup = (file: string) => netwright.call(["serve", "backup", "--config", "server.yaml", file]);
  const restore = (file: string) => netwright.call(["serve", "restore", "--config", "server.yaml", file]);
  const first = await serve(netwright);
  const password = first.password ?? "";
  const before = await Caller.signIn(first.address, "admin", password);
  await before.ok("POST", "/users", { name: "ann", displayName: "Ann", password: "a long password" });
  await before.ok("POST", "/projects", { name: "demo" });
  const text = "nodes: {h1: {}}";
  await before.ok("PUT", "/projects/demo/topologies/one", { text, message: "kept" });
  await before.ok("POST", "/projects/demo/labs", { name: "kept", topology: { name: "one" } });
  const stateFor = (somebody: Caller) => async () =>
    (await somebody.call("GET", "/projects/demo/labs/kept")).body.state as string;
  await until(stateFor(before), (state) => state === "running");

  // While it runs; what comes after is not in it.
  expect(await backup("copy")).toMatchObject({ exitCode: 0 });
  expect(statSync(join(netwright.folder, "copy")).mode & 0o777).toBe(0o600);
  expect(await backup("copy")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is there already") });
  await before.ok("POST", "/projects", { name: "later" });
  expect(await restore("copy")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("A server answers") });
  await first.end();
  lose();

  expect(await restore("copy")).toMatchObject({ exitCode: 0 });
  expect(await restore("nowhere")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^Error: There is no file \S+\/nowhere\.\nName a copy /),
  });
  netwright.write({ "no-copy": "something else" });
  expect(await restore("no-copy")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("Nothing has changed"),
  });
  const second = await serve(netwright);
  try {
    expect(second.password).toBeUndefined();
    // Sessions are not brought back: some may have ended since.
    expect((await ask(second.address, "GET", "/session", { headers: before.headers })).status).toBe(401);
    const after = await Caller.signIn(second.address, "admin", password);
    expect((await after.call("GET", "/users")).body.items).toMatchObject([{ name: "admin" }, { name: "ann" }]);
    expect((await after.call("GET", "/projects")).body.items).toMatchObject([{ name: "demo" }]);
    expect((await after.call("GET", "/projects/demo/topologies/one")).body).toMatchObject({ text, message: "kept" });
    // The lab ran all the time, and is the server's again.
    expect(await until(stateFor(after), (state) => state !== "deploying")).toBe("running");
    expect((await after.call("DELETE", "/projects/demo/labs/kept")).status).toBe(204);
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
