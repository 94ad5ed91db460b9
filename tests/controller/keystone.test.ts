import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KeystoneSettings } from "../../src/controller/identity/keystone.ts";
import { TestKeystone } from "./keystone.ts";
import { TestServer } from "./test-server.ts";

const settings = (url: string): KeystoneSettings => ({
  url,
  domain: "Default",
  admins: [{ project: "admin", role: "admin", domain: "Default" }],
  roles: [
    { of: { project: "network", role: "member", domain: "Default" }, project: "demo", role: "operator" },
    { of: { project: "network", domain: "Default" }, project: "demo", role: "viewer" },
    { of: { project: "network", domain: "elsewhere" }, project: "demo", role: "admin" },
  ],
});
const password = "a password of Keystone's";
const missing = TestKeystone.unavailable();

if (missing !== undefined) it("signs in by Keystone", ({ skip }) => skip(missing));
else
  describe("a server with Keystone", () => {
    let keystone: TestKeystone;
    let server: TestServer;
    let root: Readonly<Record<string, string>>;
    let network = "";
    const roles: Record<string, string> = {};
    const ann: { id: string } = { id: "" };

    beforeAll(async () => {
      keystone = await TestKeystone.start();
      server = await TestServer.start(undefined, undefined, { keystone: settings(keystone.url) });
      root = await server.signIn("root", "root's password");
      await server.call("POST", "/projects", { headers: root, body: { name: "demo" } });
      network = await keystone.make("project", { name: "network", domain_id: "default" });
      ann.id = await keystone.make("user", { name: "Ann.Other", domain_id: "default", password });
      const known = (await keystone.ask("GET", "/roles")) as unknown as { roles: { id: string; name: string }[] };
      for (const { id, name } of known.roles) roles[name] = id;
    }, 240_000);
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
      await keystone?.[Symbol.asyncDispose]();
    });

    const signIn = async (body: object) => {
      const { status, headers, body: said } = await server.call("POST", "/session/keystone", { body });
      return { status, said, cookie: headers.getSetCookie()[0]?.split(";")[0] ?? "" };
    };
    const roleOf = async (name: string) =>
      (await server.call("GET", "/projects/demo/members", { headers: root })).body.items.find(
        (one: { user: { name: string } }) => one.user.name === name,
      )?.role;
    const grant = (role: string, method = "PUT") =>
      keystone.ask(method, `/projects/${network}/users/${ann.id}/roles/${roles[role]}`);

    it("signs in who Keystone knows, with the roles they have there now", async () => {
      expect((await server.call("GET", "/session/ways")).body).toEqual({
        ways: ["password", "keystone"],
        keystoneDomain: "Default",
      });
      const first = await signIn({ name: "Ann.Other", password });
      expect([first.status, first.said.user]).toMatchObject([201, { name: "ann-other", isAdmin: false }]);
      const again = await server.call("GET", "/session", { headers: { cookie: first.cookie } });
      expect([again.status, again.body.password]).toEqual([200, { at: "provider", address: keystone.url }]);
      expect(await roleOf("ann-other")).toBeUndefined();
      for (const [role, here] of [
        ["reader", "viewer"],
        ["member", "operator"],
      ] as const) {
        await grant(role);
        expect((await signIn({ name: "Ann.Other", password, domain: "Default" })).said.user.id).toBe(
          first.said.user.id,
        );
        expect(await roleOf("ann-other")).toBe(here);
      }
      await grant("member", "DELETE");
      await grant("reader", "DELETE");
      expect((await signIn({ name: "Ann.Other", password })).status).toBe(201);
      expect(await roleOf("ann-other")).toBeUndefined();
      expect((await signIn({ name: "admin", password: "admin's password" })).said.user).toMatchObject({
        isAdmin: true,
      });
    });

    it("takes a token that Keystone gave, leaves it as it is, and no other", async () => {
      await grant("member");
      const token = await keystone.token("Ann.Other", password);
      expect((await signIn({ token })).said.user.name).toBe("ann-other");
      const scoped = await keystone.token("Ann.Other", password, { project: { id: network } });
      expect((await signIn({ token: scoped })).said.user.name).toBe("ann-other");
      expect(await roleOf("ann-other")).toBe("operator");
      expect([await keystone.isGood(token), await keystone.isGood(scoped)]).toEqual([true, true]);
      expect((await signIn({ token: `${token.slice(0, -4)}AAAA` })).said.code).toBe("SIGN_IN_REFUSED");
      expect((await signIn({ token: "x\r\nx-injected: 1" })).status).toBe(400);
      expect((await signIn({ token, name: "admin" })).status).toBe(400);
    });

    it("lets nobody become who is here already, nor in who is disabled here", async () => {
      await keystone.make("user", { name: "root", domain_id: "default", password });
      const { said } = await signIn({ name: "root", password });
      expect(said.user.name).toMatch(/^root-[0-9a-f]{5}$/);
      expect(said.user.isAdmin).toBe(false);
      // By a password of Keystone's nobody is let in as a local user, nor the other way round.
      expect((await server.call("POST", "/session", { body: { name: "root", password } })).status).toBe(401);
      expect((await server.call("POST", "/session", { body: { name: "ann-other", password } })).status).toBe(401);
      await server.call("PATCH", "/users/ann-other", { headers: root, body: { isDisabled: true } });
      expect((await signIn({ name: "Ann.Other", password })).said.code).toBe("SIGN_IN_REFUSED");
      await server.call("PATCH", "/users/ann-other", { headers: root, body: { isDisabled: false } });
      server.now += 3600_000;
    });

    it("makes who guesses wait, and keeps no password anywhere", async () => {
      const guess = (name: string) => signIn({ name, password: "guessed and wrong" });
      // At once, so that no answer is there before the last one is asked.
      const statuses = (await Promise.all(Array.from({ length: 12 }, () => guess("Ann.Other")))).map(
        ({ status }) => status,
      );
      expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(6);
      expect((await signIn({ name: "Ann.Other", password })).status).toBe(429);
      server.now += 3600_000;
      expect((await signIn({ name: "Ann.Other", password })).status).toBe(201);
      for (const file of readdirSync(server.folder).filter((name) => name.startsWith("server.db"))) {
        const bytes = readFileSync(`${server.folder}/${file}`);
        for (const secret of [password, "guessed and wrong"]) expect(bytes.includes(secret), file).toBe(false);
      }
      const audit = await server.call("GET", "/audit?limit=500", { headers: root });
      expect(JSON.stringify(audit.body)).not.toContain(password);
      const noted = audit.body.items
        .filter((one: { target: string }) => one.target === "/api/v1/session/keystone")
        .map((one: { user: string; status: number }) => `${one.user} ${one.status}`);
      expect(noted).toEqual(expect.arrayContaining(["ann-other 201", "Ann.Other 401", "Ann.Other 429"]));
      // Tokens that were made for a sign-in are revoked.
      expect(await keystone.log()).toContain("REQUEST_METHOD: `DELETE`");
      expect(server.faults).toEqual([]);
    });

    it("says so when Keystone does not answer, answers nonsense, or points elsewhere", async () => {
      const seen: string[] = [];
      const elsewhere = createServer((request, response) => {
        seen.push(request.url ?? "");
        response.end("{}");
      });
      await once(elsewhere.listen(0, "127.0.0.1"), "listening");
      const other = (elsewhere.address() as AddressInfo).port;
      let answer: { status: number; headers?: Record<string, string>; body?: string } = { status: 500 };
      const fake = createServer((request, response) => {
        request.resume();
        response.writeHead(answer.status, answer.headers).end(answer.body);
      });
      await once(fake.listen(0, "127.0.0.1"), "listening");
      const url = `http://127.0.0.1:${(fake.address() as AddressInfo).port}/v3`;
      const broken = await TestServer.start(undefined, undefined, { keystone: settings(url) });
      const tried = async () => {
        const { status, body } = await broken.call("POST", "/session/keystone", {
          body: { name: "ann", password: "secret of ann's" },
        });
        expect(JSON.stringify(body)).not.toContain("secret of ann's");
        return [status, body.code];
      };
      for (const one of [
        { status: 500 },
        { status: 201, headers: { "x-subject-token": "t" }, body: "<html>" },
        { status: 201, headers: { "x-subject-token": "t" }, body: '{"token": {"user": {}}}' },
        { status: 201, body: "{}" },
        { status: 307, headers: { location: `http://127.0.0.1:${other}/stolen` } },
      ]) {
        answer = one;
        expect(await tried(), JSON.stringify(one)).toEqual([502, "KEYSTONE_FAILED"]);
      }
      expect(seen).toEqual([]);
      fake.closeAllConnections();
      await new Promise((resolve) => fake.close(resolve));
      // Failures of Keystone's are nobody's wrong passwords: nobody has to wait.
      for (let time = 0; time < 7; time++) expect(await tried()).toEqual([502, "KEYSTONE_FAILED"]);
      expect(JSON.stringify(broken.faults.map(String))).not.toContain("secret of ann's");
      elsewhere.close();
      await broken[Symbol.asyncDispose]();
    });
  });
