import { afterAll, beforeAll, expect, it } from "vitest";
import { openDatabase } from "../../src/controller/data/database.ts";
import { databaseError } from "../../src/controller/data/failures.ts";
import { giveNetworkIds, networkIdsOf } from "../../src/controller/data/network-ids.ts";
import { type TestServer, until } from "./test-server.ts";

const text = "nodes: {h1: {}, h2: {}}\nlinks: [[h1, h2]]\n";
type Ids = { readonly vxlan: readonly { readonly first: number; readonly last: number }[]; readonly vlan: number };

/** What lasts: identifiers as long as their lab, events over restarts, labs while their host is silent. */
export function tryLasting(start: () => Promise<TestServer>): void {
  let server: TestServer;
  let headers: Readonly<Record<string, string>>;
  beforeAll(async () => {
    server = await start();
    headers = await server.signIn("root", "root's password");
    for (const name of ["a", "b"]) await server.call("POST", "/projects", { headers, body: { name } });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const deploy = (project: string, name: string) =>
    server.call("POST", `/projects/${project}/labs`, { headers, body: { name, text } });
  const lab = (project: string, name: string) => server.call("GET", `/projects/${project}/labs/${name}`, { headers });
  const becomes = (project: string, name: string, state: string) =>
    until(
      () => lab(project, name),
      ({ body }) => body.state === state,
    );
  const remove = (project: string, name: string) =>
    server.call("DELETE", `/projects/${project}/labs/${name}`, { headers });
  /** The first events after a number that are like `wanted`. */
  const events = async (project: string, after: number, wanted: RegExp): Promise<{ id: number; message: string }[]> => {
    const gone = new AbortController();
    const response = await fetch(`${server.address}/api/v1/projects/${project}/events`, {
      headers: { ...headers, "last-event-id": String(after) },
      signal: gone.signal,
    });
    let said = "";
    const decoder = new TextDecoder();
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      said += decoder.decode(piece, { stream: true });
      if (wanted.test(said)) break;
    }
    gone.abort();
    return [...said.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data));
  };

  it("identifiers of networks are never two labs', however many are made at once, and free again with the lab", async () => {
    const wanted = Array.from({ length: 24 }, (_, index) => ["ab"[index % 2] ?? "", `lab-${index}`] as const);
    const made = await Promise.all(wanted.map(([project, name]) => deploy(project, name)));
    expect(made.map(({ status }) => status)).toEqual(wanted.map(() => 202));
    const ids = made.map(({ body }) => body.networkIds as Ids);
    expect(new Set(ids.map(({ vlan }) => vlan)).size).toBe(wanted.length);
    expect(new Set(ids.flatMap(({ vxlan }) => vxlan.map(({ first }) => first))).size).toBe(wanted.length);
    for (const { vxlan } of ids) expect(vxlan).toMatchObject([{ last: (vxlan[0]?.first ?? 0) + 255 }]);
    expect((await server.call("GET", "/projects/a/labs?limit=1", { headers })).body.items[0].networkIds).toEqual(
      ids[0],
    );
    for (const [project, name] of wanted) {
      await becomes(project, name, "running");
      await remove(project, name);
    }
    const next = await deploy("b", "next");
    expect(ids.map(({ vlan }) => vlan)).toContain(next.body.networkIds.vlan);
    // Two connections that know nothing of each other, as of two servers, and a lab that grows.
    const [one, other] = [await openDatabase(server.database), await openDatabase(server.database)];
    try {
      const { id } = next.body as { id: string };
      await Promise.all([one, other].map((database) => giveNetworkIds(database, id, 3000)));
      const { vxlan = [] } = (await networkIdsOf(one, [id])).get(id) ?? {};
      expect(vxlan.reduce((sum, { first, last }) => sum + last - first + 1, 0)).toBeGreaterThanOrEqual(3000);
    } finally {
      await Promise.all([one.destroy(), other.destroy()]);
    }
    await remove("b", "next");
  });

  it("events are told from where a listener was, by the server that comes next, too", async () => {
    await deploy("a", "told");
    await becomes("a", "told", "running");
    const before = await events("a", 0, /Lab told runs/);
    const seen = before.findLast(({ message }) => message === "Lab told is being deployed");
    await server.shut();
    await server.open();
    await remove("a", "told");
    const after = await events("a", seen?.id ?? 0, /Lab told is deleted/);
    expect(after.map(({ message }) => message)).toEqual(["Lab told runs", "Lab told is deleted"]);
    expect(after[0]).toEqual(before.at(-1));
  });

  it("what was made by a request whose answer was lost with its server is not made again", async () => {
    const drawing = "/projects/a/topologies/keyed";
    const wanted = [
      ["POST", "/projects", { name: "keyed" }],
      ["POST", "/users", { name: "keyed", password: "a long password" }],
      ["POST", "/tokens", { name: "keyed", scope: "read" }],
      ["POST", "/projects/a/labs", { name: "keyed", text }],
      ["PUT", "/projects/a/topologies/new", { text }],
      ["PUT", drawing, { text }],
    ] as const;
    const send = () =>
      Promise.all(
        wanted.map(([method, path, body]) => {
          const seen = path === drawing ? { "if-match": '"1"' } : {};
          return server.call(method, path, { headers: { ...headers, ...seen, "idempotency-key": `of ${path}` }, body });
        }),
      );
    const save = (message: string) => server.call("PUT", drawing, { headers, body: { text, message } });
    const versionsOf = async (topology: string) =>
      (await server.call("GET", `/projects/a/topologies/${topology}/versions`, { headers })).body.items.length;
    // Nor does it count twice.
    await server.call("PATCH", "/projects/a", { headers, body: { quota: { labs: 1 } } });
    await save("before");
    const first = await send();
    expect(first.map(({ status }) => status)).toEqual([201, 201, 201, 202, 200, 200]);
    await save("by somebody else");
    await becomes("a", "keyed", "running");
    const loseAnswers = async () => {
      await server.shut();
      const database = await openDatabase(server.database);
      await database.updateTable("idempotency_keys").set({ status: null, answer: null }).execute();
      await database.destroy();
      await server.open();
    };
    await loseAnswers();
    const again = await send();
    const told = ({ status, body: { id, topology, version } }: (typeof first)[number]) => [
      status,
      id,
      topology,
      version,
    ];
    expect(again.map(told)).toEqual(first.map(told));
    expect(again[5]?.body.version).toBe(2);
    expect([await versionsOf("new"), await versionsOf("keyed")]).toEqual([1, 3]);
    const tokens = (await server.call("GET", "/tokens", { headers })).body.items;
    expect(tokens.filter(({ name }: { name: string }) => name === "keyed")).toHaveLength(1);
    const bearer = (of: typeof first) => ({ authorization: `Bearer ${of[2]?.body.secret}` });
    expect((await server.call("GET", "/session", { headers: bearer(again) })).status).toBe(200);
    expect((await server.call("GET", "/session", { headers: bearer(first) })).status).toBe(401);
    // Of what was saved longer ago than keys are remembered, the same is saved again when it is sent again.
    await loseAnswers();
    server.now += 25 * 3600 * 1000;
    headers = await server.signIn("root", "root's password");
    expect((await send())[4]?.body.version).toBe(2);
    await server.call("PATCH", "/projects/a", { headers, body: { quota: {} } });
    await remove("a", "keyed");
  });

  it("a lab that was being changed when its server was killed becomes what it was to be, or stays what it was", async () => {
    await deploy("a", "changed");
    await becomes("a", "changed", "running");
    const larger = (nodes: number) => `nodes: {${Array.from({ length: nodes }, (_, at) => `n${at}: {}`).join(", ")}}\n`;
    /** As a server leaves it that has begun a change. */
    const interrupted = async (nodes: number) => {
      const asked = { nodes, links: 0, cpu_millis: 0, memory_bytes: 0, captures: 0 };
      const change = { text: larger(nodes), digest: `of ${nodes}`, asked };
      await server.shut();
      const database = await openDatabase(server.database);
      await database
        .updateTable("labs")
        .set({ pending_change: JSON.stringify(change), nodes })
        .where("name", "=", "changed")
        .execute();
      await database.destroy();
      await server.open();
    };
    const textNow = async () => (await server.call("GET", "/projects/a/labs/changed/text", { headers })).body.text;
    await interrupted(3);
    await until(textNow, (now) => now === larger(3));
    expect((await lab("a", "changed")).body).toMatchObject({ nodes: 3, links: 0, state: "running" });
    server.agent.refusesApply = true;
    await interrupted(9);
    await until(
      () => lab("a", "changed"),
      ({ body }) => body.nodes === 3,
    );
    expect(await textNow()).toBe(larger(3));
    server.agent.refusesApply = false;
    await remove("a", "changed");
  });

  it("links that came and went while a lab ran are there again after a stop or an end, until a text is applied", async () => {
    await deploy("a", "linked");
    await becomes("a", "linked", "running");
    const [run = ""] = [...(await server.agent.list()).keys()].filter((name) => name.startsWith("linked-"));
    const at = "/projects/a/labs/linked";
    const post = (path: string, body?: object) =>
      server.call("POST", `${at}${path}`, { headers, ...(body && { body }) });
    const links = () => server.agent.given(run)?.links.map(({ id }) => id);
    const eth1 = () => server.agent.given(run)?.nodes[1]?.interfaces.find(({ name }) => name === "eth1");
    const startAgain = async () => {
      expect((await post("/start")).status).toBe(202);
      await becomes("a", "linked", "running");
    };
    await post("/links", { endpoints: ["h1", "h2"], subnet: "10.0.7.0/30" });
    await post("/links", { endpoints: ["h1", "h2"] });
    await server.call("DELETE", `${at}/links/${encodeURIComponent("h1:eth0 — h2:eth0")}`, { headers });
    const wanted = ["h1:eth1 — h2:eth1", "h1:eth2 — h2:eth2"];
    const its = eth1();
    expect([links(), its]).toEqual([wanted, expect.objectContaining({ addresses: ["10.0.7.2/30"] })]);
    const told = (await server.call("GET", `${at}/link-changes`, { headers })).body;
    await post("/stop");
    expect(links()).toBeUndefined();
    await startAgain();
    expect([links(), eth1()]).toEqual([wanted, its]);
    expect((await lab("a", "linked")).body).toMatchObject({ links: 2 });
    // It is told of as before: the text does not know them still.
    expect((await server.call("GET", `${at}/link-changes`, { headers })).body).toEqual(told);
    // One that came past this server, of a lab that is stopped; and one of a lab that ends by itself.
    await server.agent.client(run).addLink({ endpoints: ["h1:eth3", "h2:eth3"] });
    await post("/stop");
    await startAgain();
    expect(links()).toEqual([...wanted, "h1:eth3 — h2:eth3"]);
    await server.call("DELETE", `${at}/links/${encodeURIComponent("h1:eth3 — h2:eth3")}`, { headers });
    await server.agent.stop(run);
    await becomes("a", "linked", "failed");
    await server.shut();
    await server.open();
    await startAgain();
    expect(links()).toEqual(wanted);
    // What is applied is what it is.
    expect((await post("/apply", { text })).status).toBe(200);
    await server.agent.stop(run);
    await becomes("a", "linked", "failed");
    await startAgain();
    expect(links()).toEqual(["h1:eth0 — h2:eth0"]);
    await remove("a", "linked");
  });

  it("a lab that ended while no server was there is told of, once", async () => {
    await deploy("b", "ended");
    await becomes("b", "ended", "running");
    await server.shut();
    const [run = ""] = [...(await server.agent.list()).keys()].filter((name) => name.startsWith("ended-"));
    await server.agent.stop(run);
    for (const _ of ["told", "known already"]) {
      await server.open();
      expect((await becomes("b", "ended", "failed")).body.problem.code).toBe("LAB_VANISHED");
      await server.shut();
    }
    await server.open();
    await remove("b", "ended");
    const told = (await events("b", 0, /Lab ended is deleted/)).map(({ message }) => message);
    expect(told.filter((message) => message === "Lab ended has ended by itself")).toHaveLength(1);
  });

  it("a host that is silent for a while is told of, and its labs go on", async () => {
    await deploy("a", "far");
    await becomes("a", "far", "running");
    server.agent.isGone = true;
    const silent = await becomes("a", "far", "unresponsive");
    expect(silent.body.problem.code).toBe("AGENT_UNREACHABLE");
    const [host] = (await server.call("GET", "/hosts", { headers })).body.items;
    expect(host).toMatchObject({ state: "unreachable", since: new Date(server.now).toISOString() });
    expect((await server.call("GET", "/health")).body).toMatchObject({ state: "degraded" });
    // What is wanted meanwhile is done when it is back.
    expect((await deploy("a", "waits")).status).toBe(202);
    expect((await remove("a", "far")).status).toBeGreaterThanOrEqual(500);
    server.agent.isGone = false;
    await becomes("a", "waits", "running");
    await until(
      () => server.agent.list(),
      (labs) => [...labs.keys()].every((name) => name.startsWith("waits-")),
    );
    await until(
      () => server.call("GET", "/health"),
      ({ body }) => body.state === "ready",
    );
    const told = await events("a", 0, /answers again/);
    expect(told.map(({ message }) => message).join(" ")).toMatch(/does not answer: no route.*answers again/);
    await remove("a", "waits");
    server.faults.length = 0;
  });

  it("a lab that finds the disk full says so, and comes up when there is space", async () => {
    server.agent.isFull = true;
    await deploy("a", "full");
    const failed = await becomes("a", "full", "failed");
    expect(failed.body.problem).toMatchObject({ code: "DISK_FULL", remedy: expect.stringContaining("prune") });
    server.agent.isFull = false;
    await server.call("POST", "/projects/a/labs/full/start", { headers });
    expect((await becomes("a", "full", "running")).body.problem).toBeUndefined();
    await remove("a", "full");
  });
}

/** A database that is there, then not, then again. */
export function tryGone(
  start: () => Promise<{ server: TestServer; stop(): Promise<void>; back(): Promise<void> }>,
): void {
  it("a database that is gone is told of, labs go on, and nothing is lost when it is back", async () => {
    const { server, stop, back } = await start();
    await using _ = server;
    const headers = await server.signIn("root", "root's password");
    await server.call("POST", "/projects", { headers, body: { name: "a" } });
    const deploy = (name: string) => server.call("POST", "/projects/a/labs", { headers, body: { name, text } });
    const labs = async () =>
      ((await server.call("GET", "/projects/a/labs", { headers })).body.items ?? []) as {
        name: string;
        state: string;
      }[];
    await deploy("before");
    await until(labs, (all) => all[0]?.state === "running");
    let release: () => void = () => undefined;
    server.agent.hold = new Promise((resolve) => {
      release = resolve;
    });
    await deploy("meanwhile");
    await until(
      () => Promise.resolve(server.agent.asked),
      (asked) => asked === 2,
    );
    await stop();
    for (const [method, path, body] of [
      ["GET", "/projects", undefined],
      ["POST", "/projects/a/labs", { name: "refused", text }],
      ["GET", "/health", undefined],
    ] as const) {
      const answer = await server.call(method, path, { headers, ...(body === undefined ? {} : { body }) });
      expect([answer.status, answer.body.code]).toEqual([503, "DATABASE_GONE"]);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    // One that was being deployed comes up; that it did is written down later.
    release();
    await until(
      () => server.agent.list(),
      (running) => running.size === 2,
    );
    await back();
    const after = await until(labs, (all) => all.length > 0 && all.every(({ state }) => state === "running"));
    expect(after.map(({ name }) => name)).toEqual(["before", "meanwhile"]);
    for (const { name } of after) await server.call("DELETE", `/projects/a/labs/${name}`, { headers });
    expect(server.agent.started).toBe(2);
    // Its log has one line of it, and one that it is over.
    const notices = await until(
      () => Promise.resolve(server.notices),
      (all) => all.some((text) => text.includes("answers again")),
    );
    expect(notices.slice(0, 2)).toEqual([
      expect.stringMatching(/^The server's database does not answer: /),
      "The server's database answers again.",
    ]);
    expect(server.faults.filter((error) => databaseError(error) !== undefined)).toEqual([]);
  });
}
