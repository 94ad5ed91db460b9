import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControllerRoute, controllerRoutes } from "../../src/api/index.ts";
import { type TestServer, until } from "./test-server.ts";

const people = ["olga", "victor", "nora", "adam"] as const;
const passwordOf = (name: string) => `${name} has a password`;
const text = "nodes: {h1: {}, h2: {}}\nlinks: [[h1, h2]]\n";

/** What everybody may ask of a server, and what comes of it. */
export function tryApi(start: () => Promise<TestServer>): void {
  let server: TestServer;
  let root: Readonly<Record<string, string>>;
  const headersOf: Record<string, Readonly<Record<string, string>>> = {};

  beforeAll(async () => {
    server = await start();
    root = await server.signIn("root", "root's password");
    await server.call("POST", "/projects", { headers: root, body: { name: "demo" } });
    for (const name of people) {
      await server.call("POST", "/users", { headers: root, body: { name, password: passwordOf(name) } });
      headersOf[name] = await server.signIn(name, passwordOf(name));
    }
    for (const [name, role] of [
      ["olga", "operator"],
      ["victor", "viewer"],
      ["adam", "admin"],
    ] as const)
      await server.call("PUT", `/projects/demo/members/${name}`, { headers: root, body: { role } });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const as = (name: string) => headersOf[name] as Readonly<Record<string, string>>;
  const labIn = (state: string) => (answer: { body: { state: string } }) => answer.body.state === state;

  describe("who may what", () => {
    const ranks = ["viewer", "operator", "admin"];
    const roles: Readonly<Record<string, string | undefined>> = { olga: "operator", victor: "viewer", adam: "admin" };
    const cases = (Object.entries(controllerRoutes) as [string, ControllerRoute][]).flatMap(([name, route]) =>
      ["", ...people].map((who) => [name, who, route] as const),
    );
    it.each(cases)("%s, asked for by '%s'", async (_name, who, route) => {
      if (route.path === "/session") return;
      const path = route.path.replace(":project", "demo").replace(/:\w+/g, "nothing");
      const headers = who === "" ? {} : as(who);
      // What is refused when whoever asks is let in: nothing is changed, and no stream is opened.
      const { status, body } = await server.call(route.method, `${path}${route.kind === "sse" ? "?after=none" : ""}`, {
        headers,
        ...(route.method === "GET" || route.method === "DELETE" ? {} : { body: { nothing: "of the sort", name: 7 } }),
      });
      const role = roles[who];
      const isLetIn =
        route.access === "anybody" ||
        (who !== "" &&
          (route.access === "user" ||
            (role !== undefined &&
              ranks.indexOf(role) >= ranks.indexOf(route.access) &&
              ranks.includes(route.access))));
      if (isLetIn) expect([200, 202, 400, 404], JSON.stringify(body)).toContain(status);
      else if (who === "") expect([status, body.code]).toEqual([401, "NOT_SIGNED_IN"]);
      else if (ranks.includes(route.access) && role === undefined)
        expect([status, body.code]).toEqual([404, "PROJECT_NOT_FOUND"]);
      else {
        expect([status, body.code]).toEqual([403, "NOT_ALLOWED"]);
        expect(body.detail).toMatch(
          /^(?:A viewer of project demo|An operator of project demo|Who is no server administrator) may not (?!(?:a|an|the|what) )[a-z][^(;]*\.$/,
        );
      }
    });

    it("says in a sentence each what is wrong with a request", async () => {
      const { status, body } = await server.call("POST", "/users", {
        headers: root,
        body: { name: 1, password: "short", frob: true },
      });
      expect([status, body.code, body.detail.split("\n")]).toEqual([
        400,
        "BAD_REQUEST",
        ["name: it takes a text.", "password: at least 10 characters.", "frob: there is no such key."],
      ]);
      expect((await server.call("POST", "/users", { headers: root })).body.detail).toBe("The body: it is missing.");
      expect((await server.call("GET", "/users?limit=0&none=1", { headers: root })).body.detail).toMatch(
        /^limit: .*\.\nnone: there is no such key\.$/,
      );
    });

    it.each(["", "root", ...people])("of the hosts, as much as concerns them: '%s'", async (who) => {
      const headers = who === "" ? {} : who === "root" ? root : as(who);
      const list = await server.call("GET", "/hosts", { headers });
      if (who === "") return expect(list.status).toBe(401);
      const [host] = list.body.items;
      const outline = ["cpus", "memoryBytes", "name", "state"];
      const more = ["freeDiskBytes", "freeMemoryBytes", "kernel", "labs", "load", "version"];
      expect(Object.keys(host).toSorted()).toEqual(who === "root" ? [...outline, ...more].toSorted() : outline);
      const { body } = await server.call("GET", `/hosts/${host.name}`, { headers });
      expect(Object.keys(body).toSorted()).toEqual(Object.keys(host).toSorted());
    });

    it("of images, those that they can have: not files of the server", async () => {
      const image = { name: "x", id: "sha256:0", at: "2026-01-01T00:00:00Z", bytes: 1, labs: [] };
      const references = ["docker.io/library/debian:12", "oci:/srv/secret/box"];
      server.agent.pulled.push(...references.map((reference) => ({ ...image, reference })));
      const seen = async (headers: Readonly<Record<string, string>>) =>
        (await server.call("GET", "/images", { headers })).body.items.map(
          ({ reference }: { reference: string }) => reference,
        );
      expect([await seen(root), await seen(as("olga"))]).toEqual([references, references.slice(0, 1)]);
      server.agent.pulled.length = 0;
    });

    it("is as little as their token may", async () => {
      const make = async (scope: string) =>
        (await server.call("POST", "/tokens", { headers: as("adam"), body: { name: scope, scope } })).body
          .secret as string;
      const bearer = async (scope: string) => ({ authorization: `Bearer ${await make(scope)}` });
      const [read, operate, admin] = [await bearer("read"), await bearer("operate"), await bearer("admin")];
      const save = (headers: Readonly<Record<string, string>>) =>
        server.call("PUT", "/projects/demo/topologies/by-token", { headers, body: { text } });
      expect((await server.call("GET", "/projects/demo", { headers: read })).status).toBe(200);
      expect((await save(read)).status).toBe(403);
      expect((await save(operate)).status).toBe(200);
      const change = (headers: Readonly<Record<string, string>>) =>
        server.call("PATCH", "/projects/demo", { headers, body: { description: "By token" } });
      expect([(await change(operate)).status, (await change(admin)).status]).toEqual([403, 200]);
      expect((await server.call("GET", "/session", { headers: { authorization: "Bearer nwt_guessed" } })).status).toBe(
        401,
      );
    });

    it("needs the token of the page, and its origin", async () => {
      const { cookie = "" } = as("olga");
      const save = (headers: Readonly<Record<string, string>>) =>
        server.call("PUT", "/projects/demo/topologies/t", { headers, body: { text } });
      expect((await save({ cookie })).body.code).toBe("CSRF_TOKEN_WRONG");
      expect((await save({ ...as("olga"), origin: "https://evil.example" })).body.code).toBe("CSRF_TOKEN_WRONG");
      expect((await save({ ...as("olga"), origin: server.address })).status).toBe(200);
    });

    it("is nothing for who is disabled, and the last administrator stays", async () => {
      await server.call("POST", "/users", { headers: root, body: { name: "gone", password: passwordOf("gone") } });
      const gone = await server.signIn("gone", passwordOf("gone"));
      await server.call("PATCH", "/users/gone", { headers: root, body: { isDisabled: true } });
      expect((await server.call("GET", "/session", { headers: gone })).status).toBe(401);
      const last = await server.call("PATCH", "/users/root", { headers: root, body: { isAdmin: false } });
      expect(last.body.code).toBe("LAST_ADMINISTRATOR");
    });
  });

  describe("signing in", () => {
    it("takes the right password, and waits after several that are wrong", async () => {
      const attempt = (password: string) => server.call("POST", "/session", { body: { name: "nora", password } });
      for (let failure = 0; failure < 5; failure++) expect((await attempt("wrong password")).status).toBe(401);
      expect((await attempt(passwordOf("nora"))).status).toBe(429);
      server.now += 5_000;
      const { status, headers } = await attempt(passwordOf("nora"));
      expect(status).toBe(201);
      expect(headers.getSetCookie()[0]).toMatch(/HttpOnly; SameSite=Strict/);
    });

    it("ends with signing out, with another password, and with time", async () => {
      const [first, second] = [
        await server.signIn("nora", passwordOf("nora")),
        await server.signIn("nora", passwordOf("nora")),
      ];
      const body = { current: passwordOf("nora"), password: "quite another one" };
      expect((await server.call("PUT", "/session/password", { headers: first, body })).status).toBe(204);
      const isIn = async (headers: Readonly<Record<string, string>>) =>
        (await server.call("GET", "/session", { headers })).status === 200;
      expect([await isIn(first), await isIn(second)]).toEqual([true, false]);
      await server.call("DELETE", "/session", { headers: first });
      expect(await isIn(first)).toBe(false);
      const third = await server.signIn("nora", "quite another one");
      server.now += 15 * 24 * 3600 * 1000;
      expect(await isIn(third)).toBe(false);
      server.now -= 15 * 24 * 3600 * 1000;
    });
  });

  describe("topologies", () => {
    it("have versions, and nobody's change is lost", async () => {
      const path = "/projects/demo/topologies/shop";
      const save = (body: object, headers = {}) =>
        server.call("PUT", path, { headers: { ...as("olga"), ...headers }, body });
      // Of two who draw one that is not there yet, one is told.
      expect((await save({ text }, { "if-match": "*" })).status).toBe(412);
      const first = await save({ text, message: "It begins" }, { "if-match": '"0"' });
      expect((await save({ text }, { "if-match": '"0"' })).status).toBe(412);
      expect([first.body.version, first.headers.get("etag")]).toEqual([1, expect.stringMatching(/^"1\.[\w-]{22}"$/)]);
      expect((await save({ text: `${text}# two\n` }, { "if-match": '"1"' })).body.version).toBe(2);
      const late = await save({ text: `${text}# mine\n` }, { "if-match": '"1"' });
      expect([late.status, late.body.code]).toEqual([412, "CHANGED_MEANWHILE"]);
      const { body } = await server.call("GET", `${path}/versions`, { headers: as("victor") });
      expect(body.items).toMatchObject([{ version: 2 }, { version: 1, message: "It begins", author: "olga" }]);
      expect((await server.call("GET", `${path}?version=1`, { headers: as("victor") })).body.text).toBe(text);
      expect((await server.call("GET", `${path}?version=9`, { headers: as("victor") })).status).toBe(404);
    });
    it("keep where their nodes are drawn", async () => {
      const path = "/projects/demo/topologies/drawn";
      const layout = { h1: { x: 10, y: -20.5 } };
      const save = (body: object) => server.call("PUT", path, { headers: as("olga"), body });
      expect((await save({ text, layout })).body.layout).toEqual(layout);
      expect((await save({ text })).body.layout).toBeUndefined();
      expect((await server.call("GET", `${path}?version=1`, { headers: as("victor") })).body.layout).toEqual(layout);
      expect((await save({ text, layout: { h1: { x: "left" } } })).status).toBe(400);
    });
    it("are read before they are saved, in the words of the command line", async () => {
      const read = async (written: string) =>
        (await server.call("POST", "/projects/demo/read", { headers: as("victor"), body: { text: written } })).body;
      const good = await read("nodes: {h1: , s1: {kind: switch}}\nlinks: [[h1, s1]]\n");
      expect(good.findings).toEqual([]);
      expect(good.lab.nodes.map((node: { kind: string }) => node.kind)).toEqual(["host", "switch"]);
      expect(good.lab.links).toMatchObject([{ a: { node: "h1", interface: "eth0" }, b: { node: "s1" } }]);
      const wrong = await read("nodes:\n  h1: {kind: hots}\nlinks: [[h1, h3]]\n");
      expect(wrong.lab).toBeUndefined();
      expect(wrong.findings[0]).toMatchObject({ severity: "error", at: { line: 2, file: "lab.yaml" } });
      expect((await read("nodes: [")).findings[0].severity).toBe("error");
      expect((await read("nodes: {a: {allow-host: [22]}}\n")).findings[0].code).toBe("POLICY_FORBIDS");
      const { body } = await server.call("GET", "/audit?limit=500", { headers: root });
      const noted = body.items.filter((one: { target: string }) => one.target.endsWith("/projects/demo/read"));
      expect(noted.filter((one: { status: number }) => one.status === 200)).toEqual([]);
    });
    it("are found page by page", async () => {
      for (const name of ["p1", "p2", "p3"])
        await server.call("PUT", `/projects/demo/topologies/${name}`, { headers: as("olga"), body: { text } });
      const names: string[] = [];
      for (let after: string | undefined = "p"; after !== undefined; ) {
        const { body } = await server.call("GET", `/projects/demo/topologies?limit=2&after=${after}`, {
          headers: as("olga"),
        });
        names.push(...body.items.map((one: { name: string }) => one.name));
        after = body.next;
      }
      expect(names.slice(0, 3)).toEqual(["p1", "p2", "p3"]);
    });
  });

  describe("labs", () => {
    const deploy = (name: string, more: object = { text }) =>
      server.call("POST", "/projects/demo/labs", { headers: as("olga"), body: { name, ...more } });
    const lab = (name: string) => server.call("GET", `/projects/demo/labs/${name}`, { headers: as("victor") });

    it("are deployed, asked, stopped, started and deleted", async () => {
      expect(await deploy("one")).toMatchObject({ status: 202, body: { state: "deploying", nodes: 2, links: 1 } });
      await until(() => lab("one"), labIn("running"));
      const asked = await server.call("GET", "/projects/demo/labs/one/nodes/h%201?x=1", { headers: as("victor") });
      expect(asked.body.asked).toBe("GET /v1/nodes/h%201?x=1");
      expect(Object.keys(asked.body.headers)).not.toContain("cookie");
      const act = (headers: Readonly<Record<string, string>>) =>
        server.call("POST", "/projects/demo/labs/one/nodes/h1/action", { headers, body: { action: "stop" } });
      expect([(await act(as("victor"))).status, (await act(as("olga"))).status]).toEqual([403, 200]);
      expect((await server.call("GET", "/projects/demo/labs/one/etc/passwd", { headers: as("olga") })).status).toBe(
        404,
      );
      expect((await server.call("GET", "/projects/demo/labs/one/text", { headers: as("victor") })).body.text).toBe(
        text,
      );
      const verb = (what: string) => server.call("POST", `/projects/demo/labs/one/${what}`, { headers: as("olga") });
      expect((await verb("stop")).body.state).toBe("stopped");
      expect((await verb("start")).status).toBe(202);
      await until(() => lab("one"), labIn("running"));
      expect((await server.call("DELETE", "/projects/demo/labs/one", { headers: as("olga") })).status).toBe(204);
      expect((await lab("one")).status).toBe(404);
      expect((await server.agent.list()).size).toBe(0);
    });

    it("differ from their topology once another text is applied, until they are saved as its next version", async () => {
      const [path, headers] = ["/projects/demo/topologies/source", as("olga")];
      const save = (body: object, seen: number) =>
        server.call("PUT", path, { headers: { ...headers, "if-match": `"${seen}"` }, body });
      const from = async () => (await lab("grown")).body.topology;
      await save({ text }, 0);
      await deploy("grown", { topology: { name: "source" } });
      await until(() => lab("grown"), labIn("running"));
      expect(await from()).toEqual({ name: "source", version: 1, isChanged: false });
      const larger = "nodes: {h1: {}, h2: {}, h3: {}}\nlinks: [[h1, h2]]\n";
      const apply = (wanted: string) =>
        server.call("POST", "/projects/demo/labs/grown/apply", { headers, body: { text: wanted } });
      await apply(text);
      expect(await from()).toMatchObject({ isChanged: false });
      expect((await apply(larger)).body.topology).toEqual({ name: "source", version: 1, isChanged: true });
      // Neither over a version that was not seen, nor of a text that the lab has not.
      await save({ text: "nodes: {other: {}}\n" }, 1);
      for (const [body, seen] of [
        [{ text: larger, lab: "grown" }, 1],
        [{ text, lab: "grown" }, 2],
        [{ text: larger, lab: "nothing" }, 2],
      ] as const)
        expect((await save(body, seen)).body.code).toBe("CHANGED_MEANWHILE");
      expect(await from()).toMatchObject({ version: 1, isChanged: true });
      expect((await save({ text: larger, lab: "grown" }, 2)).body.version).toBe(3);
      expect(await from()).toEqual({ name: "source", version: 3, isChanged: false });
      for (const gone of ["/projects/demo/labs/grown", path]) await server.call("DELETE", gone, { headers });
    });

    it("are told of again only when something has changed, be it their state alone", async () => {
      const { headers } = await deploy("seen");
      const tag = headers.get("etag") ?? "";
      const ask = (seen: string) =>
        server.call("GET", "/projects/demo/labs/seen", { headers: { ...as("victor"), "if-none-match": seen } });
      const running = await until(
        () => ask(tag),
        ({ status, body }) => status === 200 && body.state === "running",
      );
      const now = running.headers.get("etag") ?? "";
      expect([(await ask(now)).status, (await ask(`"1", W/${now}`)).status, (await ask("*")).status]).toEqual([
        304, 304, 304,
      ]);
      expect((await ask(now)).headers.get("etag")).toBe(now);
      // It ends by itself: nobody has changed what is wanted of it.
      const [run = ""] = [...(await server.agent.list()).keys()].filter((name) => name.startsWith("seen-"));
      await server.agent.stop(run);
      const ended = await until(
        () => ask(now),
        ({ status, body }) => status === 200 && body.revision > running.body.revision,
      );
      expect([ended.body.state, ended.body.problem.code]).toEqual(["failed", "LAB_VANISHED"]);
      // What is seen can be changed, with either form of the tag.
      const { body } = await lab("seen");
      const remove = (seen: string) =>
        server.call("DELETE", "/projects/demo/labs/seen", { headers: { ...as("olga"), "if-match": seen } });
      expect((await remove(`"${body.revision + 1}.x"`)).status).toBe(412);
      expect((await remove(`"${body.revision}"`)).status).toBe(204);
    });

    it("that do not come up say why, and may be tried again", async () => {
      server.agent.failsNext = true;
      await deploy("bad");
      expect((await until(() => lab("bad"), labIn("failed"))).body.problem.code).toBe("LAB_EXISTS");
      await server.call("POST", "/projects/demo/labs/bad/start", { headers: as("olga") });
      await until(() => lab("bad"), labIn("running"));
      await server.call("DELETE", "/projects/demo/labs/bad", { headers: as("olga") });
    });

    it("are refused with all that is wrong in their text, and where they reach for the server", async () => {
      const wrong = await deploy("wrong", { text: "nodes: {h1: {imag: x}, h2: {kind: hots}}\n" });
      expect(wrong.status).toBe(422);
      expect(wrong.body.errors.length).toBeGreaterThan(1);
      expect(wrong.body.at).toMatchObject({ file: "lab.yaml", line: 1 });
      const reaching = await deploy("reaching", {
        text: "nodes: {a: {allow-host: [22]}, b: {engine: container, image: x}}\n",
      });
      expect(reaching.body.errors.map((one: { code: string }) => one.code)).toEqual([
        "POLICY_FORBIDS",
        "LAB_FORBIDDEN_HERE",
      ]);
      expect((await deploy("mounting", { text: "nodes: {a: {mounts: [/etc:/mnt]}}\n" })).status).toBe(422);
    });

    it("are as many as the project may have", async () => {
      const quota = (body: object) => server.call("PATCH", "/projects/demo", { headers: root, body: { quota: body } });
      await quota({ labs: 1, nodes: 3 });
      expect((await deploy("q1")).status).toBe(202);
      expect((await deploy("q2")).body.code).toBe("QUOTA_EXCEEDED");
      await quota({ nodes: 3 });
      expect((await deploy("q2")).body.detail).toMatch(/may have 3 nodes in all; it has 2, and this takes 2 more/);
      await quota({});
      await server.call("DELETE", "/projects/demo/labs/q1", { headers: as("olga") });
    });

    it("are deployed once, however often the request is sent", async () => {
      const send = (name: string) =>
        server.call("POST", "/projects/demo/labs", {
          headers: { ...as("olga"), "idempotency-key": "key-1" },
          body: { name, text },
        });
      const first = await send("once");
      expect(await send("once")).toMatchObject({ status: 202, body: { id: first.body.id } });
      expect((await send("twice")).body.code).toBe("IDEMPOTENCY_KEY_REUSED");
      await until(() => lab("once"), labIn("running"));
      await server.call("DELETE", "/projects/demo/labs/once", { headers: as("olga") });
    });

    it("have terminals for who may operate them, from this server's pages only", async () => {
      await deploy("term");
      await until(() => lab("term"), labIn("running"));
      const open = (headers: Readonly<Record<string, string>>) =>
        new Promise<string>((resolve, reject) => {
          const asked = request(`${server.address}/api/v1/projects/demo/labs/term/nodes/h1/console`, {
            headers: { ...headers, connection: "Upgrade", upgrade: "websocket" },
          });
          asked.once("upgrade", (_response, socket) => {
            socket.once("data", (data: Buffer) => {
              resolve(String(data));
              socket.destroy();
            });
            socket.write("echo");
          });
          asked.once("response", (response) => resolve(String(response.statusCode)));
          asked.once("error", reject);
          asked.end();
        });
      expect(await open(as("olga"))).toBe("echo");
      expect(await open(as("victor"))).toBe("403");
      expect(await open({})).toBe("401");
      expect(await open({ ...as("olga"), origin: "https://evil.example" })).toBe("403");
      await server.call("DELETE", "/projects/demo/labs/term", { headers: as("olga") });
    });
  });

  it("a server that comes back finds what runs, and does what was left to be done", async () => {
    await server.call("POST", "/projects/demo/labs", { headers: as("olga"), body: { name: "stays", text } });
    const lab = (name: string) => server.call("GET", `/projects/demo/labs/${name}`, { headers: as("olga") });
    await until(() => lab("stays"), labIn("running"));
    let release: () => void = () => undefined;
    server.agent.hold = new Promise((resolve) => {
      release = resolve;
    });
    await server.call("POST", "/projects/demo/labs", { headers: as("olga"), body: { name: "half", text } });
    const shut = server.shut();
    release();
    await shut;
    const before = server.agent.started;
    await server.open();
    await until(() => lab("half"), labIn("running"));
    expect([(await lab("stays")).body.state, server.agent.started - before]).toEqual(["running", 1]);
    for (const name of ["stays", "half"])
      await server.call("DELETE", `/projects/demo/labs/${name}`, { headers: as("olga") });
  });

  it("tells what happens, again from where a listener was", async () => {
    const from = async (id: number, count: number): Promise<readonly { id: number; message: string }[]> => {
      const gone = new AbortController();
      const response = await fetch(`${server.address}/api/v1/projects/demo/events`, {
        headers: { ...as("victor"), "last-event-id": String(id) },
        signal: gone.signal,
      });
      let said = "";
      const decoder = new TextDecoder();
      for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
        said += decoder.decode(piece, { stream: true });
        if (said.split("\ndata: ").length > count) break;
      }
      gone.abort();
      return [...said.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data));
    };
    const [first, second, third] = await from(0, 3);
    expect(first?.message).toBe("Topology by-token is saved as version 1 by adam");
    const again = await from(first?.id ?? 0, 2);
    expect(again.slice(0, 2)).toEqual([second, third]);
  });

  it("writes down who asked for what, refused or not", async () => {
    await server.call("DELETE", "/projects/demo", { headers: as("victor") });
    const { body } = await server.call("GET", "/audit?limit=500", { headers: root });
    const entries = body.items.map(
      (one: { user: string; action: string; target: string; status: number }) =>
        `${one.user} ${one.action} ${one.target.replace("/api/v1", "")} ${one.status}`,
    );
    expect(entries).toContain("olga POST /projects/demo/labs 202");
    expect(entries).toContain("victor DELETE /projects/demo 403");
    // Who signed in, or tried to, by the name that they gave, as long as names are.
    expect(entries).toContain("olga POST /session 201");
    for (const name of ["Mallory \u{1f600}", "m".repeat(200), "a\0b"])
      await server.call("POST", "/session", { headers: as("olga"), body: { name, password: "guessed" } });
    const tried = (await server.call("GET", "/audit?limit=500&refused=true&target=/session", { headers: root })).body;
    const names = tried.items.map((one: { user: string; status: number }) => `${one.user} ${one.status}`);
    expect(names).toEqual(expect.arrayContaining(["Mallory \u{1f600} 401", `${"m".repeat(100)} 400`]));
    expect(names[0]).toBe(" 400");
    expect(tried.items[0].address).toMatch(/^(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1)$/);
    expect(JSON.stringify(body)).not.toContain("has a password");
    const found = async (query: string) =>
      (await server.call("GET", `/audit?limit=500&${query}`, { headers: root })).body.items as {
        readonly user: string;
        readonly target: string;
        readonly status: number;
      }[];
    const victors = await found("user=victor&refused=true&target=/projects/demo");
    expect(victors.map(({ target }) => target)).toContain("/api/v1/projects/demo");
    expect(victors.every(({ user, status }) => user === "victor" && status >= 400)).toBe(true);
    // What would stand for any letters does not.
    expect(await found("target=%25demo")).toEqual([]);
    expect(await found("target=demo&user=nobody")).toEqual([]);
  });

  it("serves its pages, what is hashed for good, and nothing beside them", async () => {
    const get = async (path: string, accept = "text/html") => {
      const response = await fetch(`${server.address}${path}`, { headers: { accept, "accept-encoding": "identity" } });
      return { status: response.status, headers: response.headers, text: await response.text() };
    };
    const page = await get("/projects/demo/labs/one");
    expect([page.status, page.text]).toEqual([200, "<!doctype html>pages"]);
    expect(page.headers.get("content-security-policy")).toMatch(
      /^default-src 'self';.* style-src 'self' 'unsafe-inline'/,
    );
    expect(page.headers.get("content-security-policy")).not.toContain("script-src");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    const docs = await get("/api/docs");
    expect([docs.status, docs.headers.get("content-security-policy")]).toEqual([
      200,
      page.headers.get("content-security-policy"),
    ]);
    const parts = [...docs.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part = ""]) => part);
    expect(parts).toHaveLength(3);
    for (const part of parts) expect([part, (await get(part, "*/*")).status]).toEqual([part, 200]);
    const asset = await get("/assets/app-1a2b.js", "*/*");
    expect([asset.status, asset.headers.get("cache-control")]).toEqual([200, "public, max-age=31536000, immutable"]);
    expect((await get("/assets/none.js")).status).toBe(404);
    expect((await get("/projects", "*/*")).status).toBe(404);
    expect((await get("/api/v1/nothing")).status).toBe(404);
    for (const outside of ["/..%2fserver.db", "/assets/..%2f..%2fserver.db", "/%2e%2e/server.db"])
      expect((await get(outside, "*/*")).status).toBeGreaterThanOrEqual(400);
  });

  it("has faults of its own nowhere", () => expect(server.faults).toEqual([]));

  it("describes itself as OpenAPI", async () => {
    const { body } = await server.call("GET", "/openapi.json");
    expect(body.openapi).toBe("3.1.0");
    const described = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const there = Object.values(controllerRoutes).map(
      ({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`,
    );
    expect(described.toSorted()).toEqual(expect.arrayContaining(there.toSorted()));
    expect(described).toContain("POST /projects/{project}/labs/{lab}/nodes/{node}/action");
    expect(described).not.toContain("DELETE /projects/{project}/labs/{lab}/lab");
  });
}
