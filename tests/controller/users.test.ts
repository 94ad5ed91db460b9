import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TestServer } from "./test-server.ts";

type Headers = Readonly<Record<string, string>>;
let server: TestServer;
let root: Headers;

beforeAll(async () => {
  server = await TestServer.start();
  root = await server.signIn("root", "root's password");
  await server.deploy(root);
});
afterAll(() => server?.[Symbol.asyncDispose]());

async function join(name: string, role = "operator"): Promise<Headers> {
  await server.call("POST", "/users", { headers: root, body: { name, password: `${name}'s password` } });
  await server.call("PUT", `/projects/demo/members/${name}`, { headers: root, body: { role } });
  return server.signIn(name, `${name}'s password`);
}
const bearer = async (headers: Headers, scope = "operate") => {
  const { body } = await server.call("POST", "/tokens", { headers, body: { name: scope, scope } });
  return { id: body.id as string, headers: { authorization: `Bearer ${body.secret}` } };
};
const isIn = async (headers: Headers) => (await server.call("GET", "/session", { headers })).status === 200;

/** Opens a terminal, or a stream. @returns the first line of the answer, and whether it has been closed since */
async function open(headers: Headers, path = "/labs/lab/nodes/h1/console") {
  const socket = connect(server.port, "127.0.0.1");
  const lines = Object.entries({ host: `127.0.0.1:${server.port}`, ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const upgrade = path.endsWith("console") ? ["connection: Upgrade", "upgrade: websocket"] : [];
  socket.write([`GET /api/v1/projects/demo${path} HTTP/1.1`, ...lines, ...upgrade, "", ""].join("\r\n"));
  const [first] = (await once(socket, "data")) as [Buffer];
  const closed = new Promise<"closed">((resolve) => socket.once("close", () => resolve("closed")));
  socket.resume();
  socket.on("error", () => undefined);
  return { said: String(first).split("\r\n")[0]?.split(" ")[1], closed, socket };
}

it("opens nothing to a token that may only look, also where opening is a GET", async () => {
  const headers = await join("scoped");
  const [read, operate] = [await bearer(headers, "read"), await bearer(headers, "operate")];
  const [refused, opened] = [await open(read.headers), await open(operate.headers)];
  expect([refused.said, opened.said]).toEqual(["403", "101"]);
  expect((await open(read.headers, "/events")).said).toBe("200");
  // What is read and not opened stays possible.
  expect((await server.call("GET", "/projects/demo/labs/lab/nodes/h1", { headers: read.headers })).status).toBe(200);
  // A token goes, and with it what it has open; it says before when it was used.
  const listed = (await server.call("GET", "/tokens", { headers })).body.items;
  expect(listed.map(({ lastUsedAt }: { lastUsedAt?: string }) => lastUsedAt)).toEqual([
    "2026-01-01T00:00:00.000Z",
    "2026-01-01T00:00:00.000Z",
  ]);
  await server.call("DELETE", `/tokens/${operate.id}`, { headers });
  expect(await opened.closed).toBe("closed");
  expect(await isIn(operate.headers)).toBe(false);
  const { body } = await server.call("POST", "/tokens", {
    headers,
    body: { name: "short", scope: "read", expiresInDays: 1 },
  });
  const short = { authorization: `Bearer ${body.secret}` };
  expect([body.expiresAt, await isIn(short)]).toEqual(["2026-01-02T00:00:00.000Z", true]);
  server.now += 24 * 3600 * 1000;
  expect(await isIn(short)).toBe(false);
  server.now -= 24 * 3600 * 1000;
});

it("shows one's own sessions, and ends them one by one with what they have open", async () => {
  const here = await join("nora");
  const there = await server.signIn("nora", "nora's password");
  const other = await join("olga");
  const terminal = await open(there);
  const list = async (headers: Headers) => (await server.call("GET", "/sessions", { headers })).body.items;
  const sessions = await list(here);
  expect(sessions).toMatchObject([{ address: "127.0.0.1" }, { address: "127.0.0.1" }]);
  expect(sessions[0].agent).not.toBe("");
  const second = sessions.find(({ isThis }: { isThis: boolean }) => !isThis);
  // Nobody else's.
  expect((await server.call("DELETE", `/sessions/${second.id}`, { headers: other })).status).toBe(404);
  expect((await server.call("DELETE", `/sessions/${second.id}`, { headers: here })).status).toBe(204);
  expect([await terminal.closed, await isIn(there), await isIn(here)]).toEqual(["closed", false, true]);
  expect(await list(here)).toHaveLength(1);
  expect(JSON.stringify(await list(here))).not.toContain(here["cookie"]?.split("=")[1] ?? "?");
});

it.each([
  ["disabled", (name: string) => server.call("PATCH", `/users/${name}`, { headers: root, body: { isDisabled: true } })],
  ["removed", (name: string) => server.call("DELETE", `/users/${name}`, { headers: root })],
  ["signed out everywhere", (name: string) => server.call("DELETE", `/users/${name}/sessions`, { headers: root })],
] as const)("has nothing of who is %s, at once", async (what, end) => {
  const name = `ends-${what.split(" ")[0]}`;
  const headers = await join(name);
  const { headers: token } = await bearer(headers, "admin");
  const opened = [await open(headers), await open(token), await open(headers, "/events")];
  expect(opened.map(({ said }) => said)).toEqual(["101", "101", "200"]);
  const { status, body } = await end(name);
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  expect(await Promise.all(opened.map(({ closed }) => closed))).toEqual(["closed", "closed", "closed"]);
  expect([await isIn(headers), await isIn(token)]).toEqual([false, false]);
  const again = await server.call("POST", "/session", { body: { name, password: `${name}'s password` } });
  expect(again.status).toBe(what === "signed out everywhere" ? 201 : 401);
  expect((await server.call("GET", "/projects/demo/labs/lab", { headers: root })).status).toBe(200);
});

it("ends what is open with the role it was open for", async () => {
  const headers = await join("leaver");
  const terminal = await open(headers);
  await server.call("PUT", "/projects/demo/members/leaver", { headers: root, body: { role: "viewer" } });
  expect([await terminal.closed, (await open(headers)).said]).toEqual(["closed", "403"]);
  const events = await open(headers, "/events");
  await server.call("DELETE", "/projects/demo/members/leaver", { headers: root });
  expect([await events.closed, (await open(headers, "/events")).said]).toEqual(["closed", "404"]);
});

it("lets an administrator give a new password, with which nobody waits, and keeps the last administrator", async () => {
  const headers = await join("forgot");
  const attempt = (password: string) => server.call("POST", "/session", { body: { name: "forgot", password } });
  for (let time = 0; time < 6; time++) await attempt("wrong password");
  expect((await attempt("forgot's password")).status).toBe(429);
  // Whoever else comes from there is not kept waiting by it for ever.
  server.now += 2_000;
  await server.call("PATCH", "/users/forgot", { headers: root, body: { password: "another password" } });
  expect(await isIn(headers)).toBe(false);
  expect((await attempt("another password")).status).toBe(201);
  expect((await server.call("DELETE", "/users/root", { headers: root })).body.code).toBe("LAST_ADMINISTRATOR");
  expect((await server.call("DELETE", "/users/nobody", { headers: root })).status).toBe(404);
});

it("counts every guess of many at once", async () => {
  await join("guessed");
  server.now += 3600_000;
  const guess = () => server.call("POST", "/session", { body: { name: "guessed", password: "guessed wrong" } });
  const statuses = (await Promise.all(Array.from({ length: 20 }, guess))).map(({ status }) => status);
  expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(5);
  expect(server.faults).toEqual([]);
});
