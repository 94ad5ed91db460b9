import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as passwords from "../../src/controller/identity/passwords.ts";
import { TestServer } from "./test-server.ts";

/** What somebody tries who should not. */
vi.mock("../../src/controller/identity/passwords.ts", async (original) => {
  const real = await original<typeof passwords>();
  return { ...real, isPassword: vi.fn(real.isPassword), hashPassword: vi.fn(real.hashPassword) };
});

let server: TestServer;
let root: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await TestServer.start();
  root = await server.signIn("root", "root's password");
  await server.deploy(root);
});
afterAll(() => server?.[Symbol.asyncDispose]());

it("whoever signs in as nobody costs as much as with a wrong password, and learns as little", async () => {
  for (const name of ["known", "disabled"])
    await server.call("POST", "/users", { headers: root, body: { name, password: `${name}'s password` } });
  await server.call("PATCH", "/users/disabled", { headers: root, body: { isDisabled: true } });
  const seen = await Promise.all(
    ["known", "disabled", "unknown", "root' or '1'='1"].map(async (name) => {
      server.now += 3600_000;
      const { status, body } = await server.call("POST", "/session", { body: { name, password: "a wrong password" } });
      return { status, body };
    }),
  );
  expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(seen[0]?.status).toBe(401);
  // One password is derived for each, with the same parameters: that is what takes time.
  const compared = vi.mocked(passwords.isPassword).mock.calls.filter(([password]) => password === "a wrong password");
  expect(compared.map(([, hashed]) => hashed.split("$").slice(0, 4).join("$"))).toEqual(
    Array(4).fill("$argon2id$v=19$m=19456,t=2,p=1"),
  );
  expect(vi.mocked(passwords.hashPassword).mock.calls.filter(([password]) => password === "a wrong password")).toEqual(
    [],
  );
});

it("passwords and secrets are nowhere but with who has them", async () => {
  const said: string[] = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, "write").mockImplementation((chunk) => Boolean(said.push(String(chunk))));
  server.now += 3600_000;
  const secrets = ["first password of ann's", "second password of ann's", "wrong password of ann's"];
  const [first = "", second = "", wrong = ""] = secrets;
  const answers: unknown[] = [];
  const call = async (method: string, path: string, headers = {}, body?: unknown) => {
    const answer = await server.call(method, path, { headers, body });
    answers.push([answer.status, answer.body]);
    return answer;
  };
  await call("POST", "/users", root, { name: "ann", password: first });
  const ann = await server.signIn("ann", first);
  secrets.push(ann["cookie"]?.split("=")[1] ?? "", ann["x-csrf-token"] ?? "");
  await call("POST", "/session", {}, { name: "ann", password: wrong });
  await call("POST", "/session", {}, { name: "ann", password: wrong, more: wrong });
  await call("PUT", "/session/password", ann, { current: wrong, password: second });
  await call("PUT", "/session/password", ann, { current: first, password: second });
  await call("PATCH", "/users/ann", root, { password: 7, displayName: "x" });
  const made = await server.call("POST", "/tokens", {
    headers: { ...ann, "idempotency-key": "a key for it" },
    body: { name: "t", scope: "admin" },
  });
  secrets.push(made.body.secret);
  await call("GET", "/tokens", ann);
  await call("GET", "/sessions", ann);
  await call("GET", "/users", root);
  await call("GET", "/session", { authorization: `Bearer ${made.body.secret}x` });
  await call("GET", `/nothing?token=${made.body.secret}`, ann);
  const broken = `{"name": "ann", "password": "${wrong}"`;
  const raw = await fetch(`${server.address}/api/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: broken,
  });
  expect(raw.status).toBe(400);
  answers.push((await server.call("GET", "/audit?limit=500", { headers: root })).body);
  vi.restoreAllMocks();
  const files = readdirSync(server.folder)
    .filter((name) => name.startsWith("server.db"))
    .map((name) => readFileSync(join(server.folder, name), "latin1"));
  const kept = {
    answers: JSON.stringify(answers),
    output: said.join(""),
    faults: String(server.faults),
    database: files.join(""),
  };
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(20);
    for (const [place, what] of Object.entries(kept)) {
      // The token of a page is in its session, to be compared; and its answer is who asked for it.
      if (secret === ann["x-csrf-token"] && place === "database") continue;
      expect(what.includes(secret), `${place} has ${secret}`).toBe(false);
    }
  }
});

describe("connections that are upgraded", () => {
  const open = (path: string, headers: Readonly<Record<string, string>>, method = "GET") =>
    new Promise<number>((resolve, reject) => {
      const asked = request(`${server.address}/api/v1/projects/demo${path}`, {
        method,
        headers: {
          ...headers,
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
      });
      asked.once("upgrade", (response: IncomingMessage, socket) => {
        resolve(response.statusCode ?? 0);
        socket.destroy();
      });
      asked.once("response", (response) => resolve(response.statusCode ?? 0));
      asked.once("error", reject);
      asked.end();
    });

  it.each(["/labs/lab/nodes/h1/console", "/labs/lab/nodes/h1/exec", "/labs/lab/logs", "/events"])(
    "are for pages of this server: %s",
    async (path) => {
      const own = server.address;
      const port = new URL(own).port;
      for (const origin of [
        ...["https://evil.example", "null", "http://127.0.0.1", `https://127.0.0.1.evil.example:${port}`, "file://"],
        ...[`${own}.evil.example`, `http://evil.example/${own}`, `http://127.0.0.1@evil.example:${port}`, ""],
      ])
        expect(await open(path, { cookie: root["cookie"] ?? "", origin }), origin).toBe(403);
      expect(await open(path, { cookie: root["cookie"] ?? "", origin: own })).toBe(101);
      expect(await open(path, { origin: own })).toBe(401);
    },
  );

  it("are those that there are, in labs that are there", async () => {
    for (const path of [
      "/labs/lab/apply",
      "/labs/lab/config",
      "/labs/lab/lab",
      "/labs/lab/..%2f..%2fother/console",
      "/labs/lab/nodes/h1/../../../x",
    ])
      expect(await open(path, root), path).toBeGreaterThanOrEqual(400);
  });
});

it("answers run no script, whatever they repeat", async () => {
  const script = "<script>alert(1)</script>";
  await server.call("PATCH", "/users/root", { headers: root, body: { displayName: script } });
  for (const [path, accept] of [
    ["/api/v1/session", "text/html"],
    [`/api/v1/${script}`, "text/html"],
    [`/assets/${script}`, "text/html"],
    [`/projects/${script}`, "text/html"],
    ["/auth/oidc/back?error=<script>", "text/html"],
    ["/assets/app-1a2b.js", "*/*"],
  ] as const) {
    const response = await fetch(`${server.address}${path}`, { headers: { accept, cookie: root["cookie"] ?? "" } });
    const type = response.headers.get("content-type") ?? "";
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(response.headers.get("x-content-type-options"), path).toBe("nosniff");
    expect(policy, path).toMatch(/^default-src 'self'; frame-ancestors 'none'; base-uri 'none'/);
    expect(policy, path).not.toMatch(/script-src|unsafe-eval|\*|https?:/);
    if (type.startsWith("text/html")) expect(await response.text()).not.toContain(script);
    else expect(type, path).toMatch(/^(application\/(problem\+)?json|(text|application)\/javascript)/);
  }
  // What people write is text to the pages: nothing puts it in as HTML.
  const sources = readdirSync("web/src", { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));
  expect(sources.length).toBeGreaterThan(20);
  for (const name of sources)
    expect(readFileSync(join("web/src", name), "utf8"), name).not.toMatch(
      /dangerouslySetInnerHTML|\.(inner|outer)HTML\b|insertAdjacentHTML|srcdoc/i,
    );
});

it("bodies are as long and as deep as makes sense", async () => {
  const send = async (path: string, body: string, headers: Readonly<Record<string, string>> = root) => {
    const response = await fetch(`${server.address}/api/v1${path}`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body,
    }).catch(() => undefined);
    return response?.status ?? 413;
  };
  const read = (written: string) => send("/projects/demo/read", JSON.stringify({ text: written }));
  expect(await send("/session", JSON.stringify({ name: "x", password: "x".repeat(9 * 1024 * 1024) }))).toBe(413);
  expect(await send("/session", JSON.stringify({ name: "root", password: "x".repeat(300) }))).toBe(400);
  expect(await send("/projects/demo/read", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`)).toBe(400);
  expect(await read("x".repeat(5 * 1024 * 1024))).toBe(400);
  // Ten names for ten of the one before, ten times.
  const laughs = Array.from(
    { length: 10 },
    (_, at) => `l${at + 1}: &l${at + 1} [${Array(10).fill(`*l${at}`).join(",")}]`,
  );
  expect(await read(`l0: &l0 [x]\n${laughs.join("\n")}\nnodes: *l10\n`)).toBe(200);
  expect(await read(`nodes: ${"[".repeat(50_000)}${"]".repeat(50_000)}\n`)).toBe(200);
  // A name that objects inherit from makes nobody an administrator.
  await send(
    "/users",
    '{"name": "proto", "password": "a long password", "__proto__": {"isAdmin": true}, "constructor": {}}',
  );
  await send("/users", '{"name": "proto2", "password": "a long password", "__proto__": {"isAdmin": true}}');
  const { body } = await server.call("GET", "/users", { headers: root });
  expect(
    body.items.filter(({ name, isAdmin }: { name: string; isAdmin: boolean }) => isAdmin && name !== "root"),
  ).toEqual([]);
  // Bytes are for files, and nowhere else taken for anything.
  for (const path of ["/users", "/projects/demo/labs/lab/partition", "/projects/demo/labs/lab/nodes/h1/action"]) {
    const bytes = await fetch(`${server.address}/api/v1${path}`, {
      method: "POST",
      headers: { ...root, "content-type": "application/octet-stream" },
      body: "{}",
    });
    expect([path, bytes.status]).toEqual([path, 415]);
  }
  // Headers, too; and whoever begins a request and does not end it keeps nobody waiting.
  const slow = connect(server.port, "127.0.0.1");
  slow.write("POST /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
  const flood = connect(server.port, "127.0.0.1");
  flood.on("error", () => undefined);
  flood.write(`GET / HTTP/1.1\r\nhost: x\r\n${"x-a: 1\r\n".repeat(20_000)}\r\n`);
  const [refused] = (await once(flood, "data")) as [Buffer];
  expect(String(refused)).toMatch(/^HTTP\/1\.1 4/);
  expect((await server.call("GET", "/session", { headers: root })).status).toBe(200);
  slow.destroy();
  flood.destroy();
});

it("a provider of identities leads the server nowhere else", async () => {
  const asked: string[] = [];
  const inside = createServer((message, response) => {
    asked.push(message.url ?? "");
    response.setHeader("content-type", "application/json").end("{}");
  });
  await once(inside.listen(0, "127.0.0.1"), "listening");
  const target = `http://127.0.0.1:${(inside.address() as AddressInfo).port}`;
  let answer: (issuer: string) => { status: number; location?: string; body?: object } = () => ({ status: 500 });
  const provider = createServer((_message, response) => {
    const { status, location, body } = answer(issuer);
    response.writeHead(status, { "content-type": "application/json", ...(location === undefined ? {} : { location }) });
    response.end(JSON.stringify(body ?? {}));
  });
  await once(provider.listen(0, "127.0.0.1"), "listening");
  const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const settings = {
    issuer,
    clientId: "n",
    nameClaim: "name",
    groupsClaim: "groups",
    scopes: "openid",
    admins: [],
    roles: [],
  };
  await using signing = await TestServer.start(undefined, (publicUrl) => ({ ...settings, publicUrl }));
  const begin = async (query = "") => {
    const response = await fetch(`${signing.address}/auth/oidc${query}`, { redirect: "manual" });
    return [response.status, response.headers.get("location")?.split("?")[0] ?? null];
  };
  for (const one of [
    { status: 302, location: `${target}/moved` },
    { status: 307, location: `${target}/moved` },
    { status: 200, body: { issuer: target, authorization_endpoint: `${target}/authorize` } },
    { status: 200, body: {} },
  ]) {
    answer = () => one;
    expect(await begin()).toEqual([502, null]);
  }
  // Nor does who asks say where to.
  answer = () => ({
    status: 200,
    body: { issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` },
  });
  expect(await begin(`?issuer=${target}&redirect_uri=${target}&next=${target}`)).toEqual([302, `${issuer}/authorize`]);
  const back = await fetch(`${signing.address}/auth/oidc/back?code=a-code-of-somebody&state=x&iss=${target}`, {
    redirect: "manual",
  });
  expect(back.status).toBe(502);
  expect(asked).toEqual([]);
  expect(signing.faults.map(String).join()).not.toContain("a-code-of-somebody");
  for (const one of [inside, provider]) {
    one.closeAllConnections();
    one.close();
  }
});

it("has faults of its own nowhere", () => expect(server.faults).toEqual([]));
