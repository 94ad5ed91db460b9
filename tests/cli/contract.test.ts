import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Controller } from "../../src/controller/controller.ts";
import { newSecret } from "../../src/controller/identity/secrets.ts";
import { sessionOf } from "../controller/caller.ts";
import { realLabs } from "../controller/real-labs.ts";
import { serve } from "../controller/serve.ts";
import { until } from "../controller/test-server.ts";
import { busyboxEntries, tarOf, writeLayout } from "../images/image-layout.ts";
import { dockerConfig, missingRegistry, RegistryServer } from "../images/registry-server.ts";
import { anyOf } from "./arbitrary.ts";
import { Contract, type Got, type Operation, type Sent, wrongBodies } from "./contract.ts";
import { Netwright } from "./netwright.ts";

/*
 * Every route of the OpenAPI document, those of a lab's own API included, asked for as it should be and as it should
 * not, of a server with a real lab. Each answer is compared with the document.
 */

const text =
  "nodes: {h1: {}, h2: {}, r1: {kind: dns-server, zones: {a.example: {records: {www: 10.9.0.1}}}}}\nlinks: [[h1, h2], [h1, r1]]\n";
const without = missingRegistry();
const [project, lab] = ["demo", "small"];
const inLab = { project, lab };

let there: Netwright;
let registry: RegistryServer | undefined;
let server: Controller;
let contract: Contract;
let token: Readonly<Record<string, string>>;
let image = "127.0.0.1:1/none/there:1";
const faults: string[] = [];
/** What answers told that later requests need. */
const found: Record<string, string> = {};

beforeAll(async () => {
  there = await Netwright.open();
  if (without === undefined) {
    registry = await RegistryServer.start(join(there.folder, "registry"));
    image = `${registry.name}/team/box:1`;
    there.write({ ".docker/config.json": dockerConfig(registry.name) });
    writeLayout(`${there.folder}/box`, [await tarOf(busyboxEntries())], { settings: { Cmd: ["true"] } });
    await there.ok("image", "pull", "oci:box");
    await there.ok("image", "push", "oci:box", image);
  }
  server = await serve({
    database: `sqlite:${join(there.folder, "server.db")}`,
    agent: realLabs(there.environment),
    onFault: (error, doing) => faults.push(`${doing}: ${error instanceof Error ? (error.stack ?? "") : String(error)}`),
  });
  contract = await Contract.read(`http://127.0.0.1:${server.port}`);
  const signedIn = await contract.send(contract.operation("signIn"), {
    body: { name: "root", password: "root's password" },
  });
  const session = sessionOf(signedIn);
  const made = await contract.send(contract.operation("createToken"), {
    headers: session,
    body: { name: "all", scope: "admin" },
  });
  token = { authorization: `Bearer ${made.body.secret}` };
  // What a page that is not ours could send.
  const { "x-csrf-token": _, ...forged } = session;
  const refused = await contract.send(contract.operation("createToken"), {
    headers: forged,
    body: { name: "all", scope: "admin" },
  });
  expect([refused.status, refused.body.code]).toEqual([403, "CSRF_TOKEN_WRONG"]);
}, 120_000);
afterAll(async () => {
  for (const name of [lab, "second"])
    if (contract !== undefined)
      await contract.send(contract.operation("deleteLab"), { params: { project, lab: name }, headers: token });
  await server?.[Symbol.asyncDispose]();
  if (registry !== undefined) await there.call(["image", "prune", "--all"]);
  await registry?.[Symbol.asyncDispose]();
  await there?.[Symbol.asyncDispose]();
}, 120_000);

type Example = readonly [id: string, sent: () => Sent, status: number, after?: (got: Got) => Promise<void> | void];
const keep =
  // biome-ignore lint/suspicious/noExplicitAny: what it is depends on the route
    (name: string, of: (body: any) => string) =>
    ({ body }: Got): void => {
      found[name] = of(body);
    };
const isRunning = async () => {
  await until(
    () => contract.send(contract.operation("lab"), { params: inLab, headers: token }),
    ({ body }) => body.state === "running",
  );
};
const link = () => ({ ...inLab, link: found["link"] ?? "" });
const node = { ...inLab, node: "h1" };

/** Each operation at least once, in an order in which they work. */
const examples: readonly Example[] = [
  ["health", () => ({}), 200],
  ["session", () => ({}), 200],
  ["sessions", () => ({ query: { limit: "1" } }), 200],
  ["signInWays", () => ({}), 200],
  ["signInByLink", () => ({ body: { secret: "of no link" } }), 401],
  ["host", () => ({}), 200],
  ["hosts", () => ({}), 200, keep("host", (body) => body.items[0].name)],
  ["oneHost", () => ({ params: { host: found["host"] ?? "" } }), 200],
  ["createUser", () => ({ body: { name: "anna", password: "a long password" } }), 201],
  ["users", () => ({ query: { limit: "1" } }), 200, ({ body }) => expect(body.next).toBe("anna")],
  ["user", () => ({ params: { user: "anna" } }), 200],
  ["changeUser", () => ({ params: { user: "anna" }, body: { displayName: "Anna" } }), 200],
  ["endUserSessions", () => ({ params: { user: "anna" } }), 204],
  ["tokens", () => ({ query: { limit: "500" } }), 200],
  ["createToken", () => ({ body: { name: "t", scope: "read" } }), 201, keep("token", (body) => body.id)],
  ["deleteToken", () => ({ params: { token: found["token"] ?? "" } }), 204],
  ["createProject", () => ({ body: { name: project } }), 201],
  ["projects", () => ({}), 200],
  ["project", () => ({ params: { project } }), 200],
  ["changeProject", () => ({ params: { project }, body: { description: "For the contract" } }), 200],
  ["projectUsage", () => ({ params: { project } }), 200],
  ["setMember", () => ({ params: { project, user: "anna" }, body: { role: "operator" } }), 200],
  ["members", () => ({ params: { project }, query: { limit: "1" } }), 200],
  ["removeMember", () => ({ params: { project, user: "anna" } }), 204],
  [
    "saveTopology",
    () => ({ params: { project, topology: "shop" }, body: { text, layout: { h1: { x: 1, y: 2 } } } }),
    200,
  ],
  ["topology", () => ({ params: { project, topology: "shop" }, query: { version: "1" } }), 200],
  ["topologies", () => ({ params: { project } }), 200],
  ["topologyVersions", () => ({ params: { project, topology: "shop" } }), 200],
  ["readText", () => ({ params: { project }, body: { text } }), 200],
  ["deploy", () => ({ params: { project }, body: { name: lab, topology: { name: "shop" } } }), 202, isRunning],
  ["deleteTopology", () => ({ params: { project, topology: "shop" } }), 204],
  ["projectEvents", () => ({ params: { project }, query: { after: "0" } }), 200],
  // At first, who else is there: nobody.
  [
    "projectEvents",
    () => ({ params: { project }, query: { at: `labs/${lab}` } }),
    200,
    ({ text: said }) => expect(said).toContain(`"subject":"labs/${lab}","people":[],"count":0`),
  ],
  ["labs", () => ({ params: { project } }), 200],
  ["lab", () => ({ params: inLab }), 200],
  ["labText", () => ({ params: inLab }), 200],
  ["labLinkChanges", () => ({ params: inLab }), 200],
  ["labLastLogs", () => ({ params: inLab, query: { tail: "5" } }), 200],
  ["planLab", () => ({ params: inLab, body: { text: `${text}# as it was\n` } }), 200],
  [
    "applyLab",
    () => ({ params: inLab, body: { text: `${text}captures: []\n`.replace("captures: []\n", "# new\n") } }),
    200,
  ],
  [
    "inLab.labSummary",
    () => ({ params: inLab }),
    200,
    ({ body }) => expect([body.supervisorPid, body.logDirectory]).toEqual([0, ""]),
  ],
  ["inLab.lab", () => ({ params: inLab }), 200, keep("link", (body) => body.linkStatus[0].id)],
  ["inLab.addLink", () => ({ params: inLab, body: { endpoints: ["h2", "r1"] } }), 200],
  ["inLab.setLink", () => ({ params: link(), body: { state: "down" } }), 200],
  ["inLab.setLink", () => ({ params: link(), body: { state: "up" } }), 200],
  ["inLab.impairLink", () => ({ params: link(), body: { ab: { delayMs: 1 }, medium: "wire" } }), 200],
  ["inLab.linkStatistics", () => ({ params: link() }), 200],
  ["inLab.verifyLink", () => ({ params: link(), body: { frames: 20, seconds: 1, toleranceMs: 1000 } }), 200],
  ["inLab.partition", () => ({ params: inLab, body: { words: ["isolate", "h1"] } }), 200],
  ["inLab.partition", () => ({ params: inLab, body: { words: ["heal"] } }), 200],
  ["inLab.runFaults", () => ({ params: inLab, body: { text: "steps: [{at: 0s, do: link down h1 h2}]\n" } }), 200],
  ["inLab.faults", () => ({ params: inLab }), 200],
  ["inLab.faultTimeline", () => ({ params: { ...inLab, run: "1" } }), 200],
  ["inLab.planFaults", () => ({ params: inLab, body: { text: "steps: [{at: 0s, do: link down h1 h2}]\n" } }), 200],
  ["inLab.stopFaults", () => ({ params: inLab, query: { heal: "true" } }), 200],
  ["inLab.nodeAction", () => ({ params: { ...inLab, node: "h2" }, body: { action: "restart" } }), 200],
  ["putFile", () => ({ params: node, query: { path: "/tmp/no" }, raw: "" }), 200],
  ["getFile", () => ({ params: node, query: { path: "/tmp/no" } }), 200, ({ text: sent }) => expect(sent).toBe("")],
  ["putFile", () => ({ params: node, query: { path: "/tmp/sent" }, raw: "what is sent" }), 200],
  [
    "getFile",
    () => ({ params: node, query: { path: "/tmp/sent" } }),
    200,
    async ({ headers, text: sent }) => {
      expect([sent, headers.get("content-disposition"), headers.get("accept-ranges")]).toEqual([
        "what is sent",
        "attachment; filename=\"sent\"; filename*=UTF-8''sent",
        "bytes",
      ]);
      const part = (range: string, more = {}) =>
        contract.send(contract.operation("getFile"), {
          params: node,
          query: { path: "/tmp/sent" },
          headers: { ...token, range, ...more },
        });
      const parts = await Promise.all(["bytes=0-3", "bytes=5-", "bytes=-4", "bytes=8-99"].map((range) => part(range)));
      expect(parts.map((got) => [got.status, got.text, got.headers.get("content-range")])).toEqual([
        [206, "what", "bytes 0-3/12"],
        [206, "is sent", "bytes 5-11/12"],
        [206, "sent", "bytes 8-11/12"],
        [206, "sent", "bytes 8-11/12"],
      ]);
      // Several, or what was another file: all of it.
      const whole = [
        await part("bytes=0-1,3-4"),
        await part("bytes=0-1", { "if-range": '"x"' }),
        await part("lines=1"),
      ];
      expect(whole.map((got) => [got.status, got.text])).toEqual(Array(3).fill([200, "what is sent"]));
      const none = await part("bytes=12-");
      expect([none.status, none.body.code, none.headers.get("content-range")]).toEqual([
        416,
        "RANGE_UNSATISFIABLE",
        "bytes */12",
      ]);
      const folder = await contract.send(contract.operation("getFile"), {
        params: node,
        query: { path: "/tmp" },
        headers: token,
      });
      expect([folder.status, folder.body.code]).toEqual([409, "COPY_NOT_A_FILE"]);
    },
  ],
  ["inLab.counters", () => ({ params: inLab }), 200],
  ["inLab.ports", () => ({ params: inLab }), 200],
  ["inLab.config", () => ({ params: inLab }), 200],
  ["inLab.node", () => ({ params: node }), 200],
  // Of virtual machines and containers, which this lab has none of.
  ["inLab.snapshotNode", () => ({ params: node, body: { action: "save", name: "one" } }), 422],
  ["inLab.saveImage", () => ({ params: node, body: { name: "team/saved:1" } }), 422],
  ["inLab.nodeConfig", () => ({ params: { ...inLab, node: "r1" } }), 200, keep("text", (body) => body.text)],
  ["inLab.setNodeConfig", () => ({ params: { ...inLab, node: "r1" }, body: { text: found["text"] } }), 200],
  ["inLab.outcome", () => ({ params: inLab }), 200],
  [
    "inLab.startCapture",
    () => ({ params: inLab, body: { targets: ["h1:eth0"], file: "one.pcapng" } }),
    200,
    keep("capture", (body) => body.id),
  ],
  ["inLab.captures", () => ({ params: inLab }), 200],
  ["inLab.capture", () => ({ params: { ...inLab, capture: found["capture"] ?? "" } }), 200],
  ["inLab.stopCapture", () => ({ params: { ...inLab, capture: found["capture"] ?? "" } }), 200],
  [
    "captureFile",
    () => ({ params: { ...inLab, capture: found["capture"] ?? "" } }),
    200,
    // A section header, as all of pcapng begin (draft-ietf-opsawg-pcapng, 4.1).
    ({ text: sent }) => expect([...sent.slice(0, 4)].map((one) => one.charCodeAt(0))).toEqual([10, 13, 13, 10]),
  ],
  [
    "inLab.startCapture",
    () => ({ params: inLab, body: { targets: ["h1:eth0"], durationMs: 100 } }),
    200,
    keep("capture", (body) => body.id),
  ],
  ["inLab.captureStream", () => ({ params: { ...inLab, capture: found["capture"] ?? "" } }), 200],
  ["inLab.events", () => ({ params: inLab, query: { from: "1" } }), 200],
  ["inLab.logs", () => ({ params: inLab, query: { tail: "5" } }), 200],
  ["inLab.removeLink", () => ({ params: link() }), 200],
  ["stopLab", () => ({ params: inLab }), 200],
  ["startLab", () => ({ params: inLab }), 202, isRunning],
  ["audit", () => ({ query: { limit: "2" } }), 200],
  ["pullImage", () => ({ body: { reference: image } }), without === undefined ? 201 : 409],
  ["images", () => ({}), 200],
  ["removeImage", () => ({ params: { image } }), without === undefined ? 204 : 404],
  ["deploy", () => ({ params: { project }, body: { name: "second", text: "nodes: {h1: {}}\n" } }), 202],
  ["deleteLab", () => ({ params: { project, lab: "second" } }), 204],
  ["createProject", () => ({ body: { name: "empty" } }), 201],
  ["deleteProject", () => ({ params: { project: "empty" } }), 204],
];
const upgraded: readonly (readonly [id: string, sent: Sent, protocol: string, status: number])[] = [
  ["inLab.console", { params: { ...inLab, node: "r1" }, query: { mode: "watch" } }, "websocket", 101],
  ["inLab.exec", { params: node }, "websocket", 101],
  ["inLab.readFiles", { params: node, query: { path: "/etc/hostname" } }, "netwright-archive", 101],
  ["inLab.writeFiles", { params: node, query: { path: "/tmp" } }, "netwright-archive", 101],
  // Of nodes that have an image.
  ["inLab.readChanges", { params: node }, "netwright-archive", 422],
];
/** With a session of its own: a token has none. */
const ofSessions = ["signIn", "signInByKeystone", "signOut", "endSession", "changePassword", "deleteUser"];

/** Requests that are refused, whatever the state of things; `sent` is one that is not. */
async function tryBroken(operation: Operation, sent: Sent): Promise<void> {
  const { parameters, body, method, isOpen } = operation;
  const refused = async (what: string, wrong: Sent, statuses: readonly number[], code?: string) => {
    const got = await contract.send(operation, { headers: token, ...wrong });
    expect(statuses, `${operation.id}, ${what}: ${got.status} ${got.text.slice(0, 300)}`).toContain(got.status);
    if (code !== undefined) expect(got.body.code, `${operation.id}, ${what}`).toBe(code);
  };
  if (!isOpen) {
    await refused("nobody", { ...sent, headers: {} }, [401], "NOT_SIGNED_IN");
    await refused("a token that is made up", { ...sent, headers: { authorization: "Bearer nwt_none" } }, [401]);
  }
  if (method === "GET")
    await refused("a query nobody heeds", { ...sent, query: { ...sent.query, nothing: "1" } }, [400]);
  for (const { name, in: where, schema } of parameters) {
    if (where === "path") {
      const params = (value: string): Sent => ({ ...sent, params: { ...sent.params, [name]: value } });
      // Where there is no member, a role is given to a user; where there is no topology, one is saved.
      if (operation.id !== "saveTopology" || name !== "topology")
        await refused(`no such ${name}`, params(schema.type === "integer" ? "999999" : "no-such-thing"), [404, 422]);
      await refused(`${name} with a zero`, params("a\u0000b"), [400], "BAD_REQUEST");
    } else if (where === "query" && schema.type === "integer") {
      const query = (value: string): Sent => ({ ...sent, query: { ...sent.query, [name]: value } });
      for (const value of ["many", "-1", "1.5", "99999999999999999999"])
        await refused(`${name}=${value}`, query(value), [400], "BAD_REQUEST");
    } else if (where === "header") {
      const headers = (value: string): Sent => ({ ...sent, headers: { ...token, [name]: value } });
      if (name === "If-Match") {
        await refused(name, headers("1"), [400], "BAD_REQUEST");
        await refused(name, headers('"999999", "none"'), [412], "CHANGED_MEANWHILE");
      } else if (name === "Range") await refused(name, headers("bytes=999999999-"), [416], "RANGE_UNSATISFIABLE");
      else if (name === "If-None-Match") await refused(name, headers('"1"'), [200]);
      else if (name === "Last-Event-ID") await refused(name, headers("the last"), [400], "BAD_REQUEST");
      else await refused(name, headers("k".repeat(201)), [400], "BAD_REQUEST");
    }
  }
  if (body === undefined) return;
  for (const [what, wrong] of wrongBodies(body, (sent.body ?? {}) as Record<string, unknown>))
    await refused(what, { ...sent, body: wrong }, [400], "BAD_REQUEST");
  await refused("no JSON", { ...sent, raw: '{"name": ' }, [400], "BAD_REQUEST");
  await refused("a zero", { ...sent, body: { ...(sent.body as object), name: "a\u0000" } }, [400], "BAD_REQUEST");
  const form = { ...token, "content-type": "text/plain" };
  await refused("another type", { ...sent, headers: form }, [415], "MEDIA_TYPE_WRONG");
  await refused("too long", { ...sent, raw: `"${"x".repeat(8 * 1024 * 1024)}"` }, [413], "BODY_TOO_LONG");
}

describe("the contract", () => {
  it("is tried whole", () => {
    const tried = new Set([...examples.map(([id]) => id), ...upgraded.map(([id]) => id), ...ofSessions]);
    expect([...tried].toSorted()).toEqual(contract.operations.map(({ id }) => id).toSorted());
  });

  it("is kept, by requests that are right and by those that are not", { timeout: 120_000 }, async () => {
    const otherwise: string[] = [];
    for (const [id, sent, status, after] of examples) {
      const operation = contract.operation(id);
      await tryBroken(operation, sent());
      const isOnce = operation.parameters.some(({ name }) => name === "Idempotency-Key");
      const headers = isOnce ? { ...token, "Idempotency-Key": newSecret() } : token;
      const got = await contract.send(operation, { headers, ...sent() });
      // Where its files are, it keeps to itself; which archives its administrator has images of, they may see.
      if (id !== "images") expect(got.text, id).not.toContain(there.folder);
      if (got.status !== status) otherwise.push(`${id}: ${got.status} ${got.text.slice(0, 800)}`);
      if (isOnce && got.status < 300) {
        const again = await contract.send(operation, { headers, ...sent() });
        expect([again.status, again.text], `${id}, again`).toEqual([got.status, got.text]);
      }
      const tag = got.headers.get("etag");
      if (operation.method === "GET" && tag !== null) {
        const seen = await contract.send(operation, { ...sent(), headers: { ...token, "If-None-Match": tag } });
        expect([seen.status, seen.headers.get("etag")], id).toEqual([304, tag]);
      }
      if (got.status < 300) await after?.(got);
    }
    expect(otherwise).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("has connections that are upgraded", async () => {
    await isRunning();
    for (const [id, sent, protocol, status] of upgraded) {
      const open = (more: Sent) => contract.upgrade(contract.operation(id), { ...sent, ...more }, protocol);
      expect([id, await open({ headers: token })]).toEqual([id, status]);
      expect([id, await open({})]).toEqual([id, 401]);
      expect([id, await open({ headers: token, params: { ...sent.params, lab: "none" } })]).toEqual([id, 404]);
      expect([id, await open({ headers: { ...token, origin: "http://evil.example" } })]).toEqual([id, 403]);
    }
  });

  it("has sessions", async () => {
    const send = (id: string, sent: Sent) => contract.send(contract.operation(id), sent);
    const name = "bert";
    await send("createUser", { headers: token, body: { name, password: "the first one" } });
    const right = { name, password: "the first one" };
    for (const [, wrong] of wrongBodies(contract.operation("signIn").body, right))
      expect((await send("signIn", { body: wrong })).status).toBe(400);
    const session = sessionOf(await send("signIn", { body: right }));
    const change = { current: right.password, password: "the second one" };
    for (const [, wrong] of wrongBodies(contract.operation("changePassword").body, change))
      expect((await send("changePassword", { headers: session, body: wrong })).status).toBe(400);
    expect((await send("changePassword", { headers: session, body: change })).status).toBe(204);
    const { id } = (await send("sessions", { headers: session })).body.items[0];
    expect((await send("endSession", { headers: session, params: { session: "none" } })).status).toBe(404);
    expect((await send("endSession", { headers: session, params: { session: id } })).status).toBe(204);
    expect((await send("signOut", { headers: session })).status).toBe(401);
    const next = sessionOf(await send("signIn", { body: { name, password: change.password } }));
    expect((await send("signOut", { headers: next })).status).toBe(204);
    const keystone = await send("signInByKeystone", { body: { name, password: "any" } });
    expect(keystone.status).toBeGreaterThanOrEqual(400);
    expect((await send("deleteUser", { headers: token, params: { user: name } })).status).toBe(204);
    expect((await send("deleteUser", { headers: token, params: { user: name } })).status).toBe(404);
    expect((await send("session", { headers: session })).status).toBe(401);
  });

  it("says which methods there are where another is tried", async () => {
    for (const path of new Set(contract.operations.map((operation) => operation.path))) {
      const methods = contract.methods(path);
      const method = ["DELETE", "PATCH", "POST", "PUT", "GET"].find((one) => !methods.includes(one)) ?? "TRACE";
      const address = contract.address({ path }, { params: { ...node, link: "x", capture: "x" } });
      const response = await fetch(address, { method, headers: token });
      expect([path, response.status, response.headers.get("allow")]).toEqual([path, 405, methods.join(", ")]);
    }
  });
});

describe("requests that are made up", () => {
  /** Changes who asks, takes away where all is, takes long, or waits for the world outside. */
  const leftOut = new Set([
    "signOut",
    "changePassword",
    "deleteUser",
    "endUserSessions",
    "deleteProject",
    "deleteLab",
    "stopLab",
    "pullImage",
    "inLab.verifyLink",
    "inLab.counters",
    ...upgraded.map(([id]) => id),
  ]);
  const names = fc.constantFrom("demo", "small", "h1", "r1", "anna", "root", "shop", "second", "none", "..", "%", "ü");
  // Clients take the dots out of an address (WHATWG URL, 4.4): what is left is another operation's, such as that of a
  // project's events, which may be quiet for ever.
  const inside = names.filter((name) => name !== "..");

  it("break nothing, and leave nothing half done", { timeout: 240_000 }, async () => {
    const operations = contract.operations.filter(({ id }) => !leftOut.has(id));
    const sent = fc.constantFrom(...operations).chain((operation) =>
      fc.record({
        operation: fc.constant(operation),
        params: fc.dictionary(fc.constantFrom("topology", "user", "host", "token", "image", "capture"), names),
        inside: fc.record({
          project: fc.oneof({ weight: 9, arbitrary: fc.constant(project) }, inside),
          lab: fc.oneof({ weight: 9, arbitrary: fc.constant(lab) }, inside),
          node: fc.oneof({ weight: 3, arbitrary: fc.constantFrom("h1", "h2", "r1") }, inside),
          link: fc.constantFrom("h1:eth0 — h2:eth0", "h1:eth1 — r1:eth0", "h1 r1", "none"),
        }),
        query: fc.dictionary(
          fc.constantFrom("limit", "after", "version", "from", "tail", "of", "node", "heal", "target"),
          fc.oneof(fc.nat().map(String), fc.string({ maxLength: 20 })),
          { maxKeys: 2 },
        ),
        body: anyOf(operation.body),
        ifMatch: fc.option(fc.constantFrom('"1"', '"2"', "*", "what"), { freq: 5, nil: undefined }),
      }),
    );
    const property = fc.asyncProperty(sent, async ({ operation, params, inside, query, body, ifMatch }) => {
      const isEventStream = operation.parameters.some(({ name }) => name === "Last-Event-ID");
      const got = await contract.send(operation, {
        params: { ...params, ...inside },
        query: isEventStream ? { ...query, after: "0" } : query,
        ...(operation.body === undefined ? {} : { body }),
        headers: { ...token, ...(ifMatch === undefined ? {} : { "if-match": ifMatch }) },
      });
      // What the machine cannot do, a lab that was just stopped, and what takes long are no fault of the server's.
      if (got.status >= 500) expect([501, 502, 504], got.text).toContain(got.status);
    });
    await fc.assert(property, { seed: 6, numRuns: 500, endOnFailure: true });
    expect(faults).toEqual([]);
    const all = () => contract.send(contract.operation("labs"), { params: { project }, headers: token });
    const states = ["running", "stopped", "failed"];

    const settled = await until(all, ({ body }) =>
      body.items.every(({ state }: { state: string }) => states.includes(state)),
    );
    for (const { name, problem } of settled.body.items) {
      expect(problem?.code).not.toBe("INTERNAL");
      if (name === lab) continue;
      const params = { project, lab: name };
      expect((await contract.send(contract.operation("deleteLab"), { params, headers: token })).status).toBe(204);
    }
  });
});
