import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { locations } from "../../src/api/locations.ts";
import { LocalAgent } from "../../src/controller/agent/local-agent.ts";
import { Controller } from "../../src/controller/controller.ts";
import { Netwright, twoHosts } from "./netwright.ts";

/** A server, in this process, whose labs are real ones. */
async function serve({ folder, environment }: Netwright): Promise<Controller> {
  const controller = await Controller.start({
    database: `sqlite:${join(folder, "server.db")}`,
    agent: new LocalAgent(locations(environment, process.getuid?.() ?? 0), environment),
    trust: "team",
    listen: { host: "127.0.0.1", port: 0 },
    behindProxy: false,
    proxies: [],
    version: "0",
    onFault: (error, request) => process.stderr.write(`${request}: ${String(error)}\n`),
  });
  await controller.ensureAdministrator("root", "root's password");
  return controller;
}

it("labs of a server are worked on with the same words", async () => {
  await using there = await Netwright.open({});
  await using here = await Netwright.open({ "lab.yaml": twoHosts });
  await using controller = await serve(there);
  const url = `http://127.0.0.1:${controller.port}`;
  const call = async (path: string, body: object, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { response, answer: (await response.json()) as Record<string, string> };
  };
  const { response, answer } = await call("/session", { name: "root", password: "root's password" });
  const session = {
    cookie: response.headers.getSetCookie()[0]?.split(";")[0] ?? "",
    "x-csrf-token": answer["csrfToken"] ?? "",
  };
  await call("/projects", { name: "demo" }, session);
  const token = (await call("/tokens", { name: "cli", scope: "operate" }, session)).answer["secret"] ?? "";
  here.write({ token: `${token}\n`, wrong: "nwt_wrong\n" });

  const add = (name: string, file: string) =>
    here.call(["context", "add", name, url, "--project", "demo", "--token-file", file]);
  expect(await add("bad", "wrong")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("Nobody is signed in"),
  });
  expect((await add("team", "token")).exitCode).toBe(0);
  const contexts = join(here.folder, ".config/netwright/contexts.json");
  expect(statSync(contexts).mode & 0o777).toBe(0o600);
  expect(readFileSync(contexts, "utf8")).not.toContain("nwt_wrong");

  expect(await here.call(["up"])).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/^Lab two runs on http/),
  });
  expect(await here.ok("ps")).toMatch(/\ntwo +running +2 +1 +root /);
  expect(await here.ok("exec", "h1", "--", "ping", "-c", "1", "-W", "5", "h2")).toContain("1 received");
  expect(await here.call(["exec", "h1", "--", "sh", "-c", "cat; exit 3"], { input: "typed" })).toMatchObject({
    exitCode: 3,
    stdout: "typed",
  });
  expect(await here.call(["link", "down", "h1", "h2"])).toMatchObject({ exitCode: 0 });
  expect((await here.call(["exec", "h1", "--", "ping", "-c", "1", "-W", "1", "h2"])).exitCode).toBe(1);
  here.write({ sent: "a file" });
  await here.ok("cp", "sent", "h1:/tmp/sent");
  expect(await here.ok("exec", "h1", "--", "cat", "/tmp/sent")).toBe("a file");
  expect(await here.ok("inspect", "h1", "--json")).toContain('"hostname"');
  here.write({ "lab.yaml": twoHosts.replace("10.0.0.0", "10.9.0.0") });
  expect((await here.call(["apply"])).exitCode).toBe(0);
  expect(await here.ok("exec", "h1", "--", "ip", "-br", "address")).toContain("10.9.0.");
  // Of this machine there is none.
  expect((await here.call(["ps"], { environment: { NETWRIGHT_CONTEXT: "local" } })).stderr).toContain(
    "No lab is running",
  );
  expect((await here.call(["down"])).exitCode).toBe(0);
  expect(await here.call(["ps"])).toMatchObject({ stderr: expect.stringContaining("has no labs") });
  await here.ok("context", "use", "local");
  expect((await here.call(["context", "ls"])).stdout).toMatch(/\* +local +this machine/);
});
