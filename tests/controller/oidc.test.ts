import { afterAll, beforeAll, expect, it } from "vitest";
import { oidcPaths } from "../../src/controller/identity/oidc.ts";
import { TestProvider } from "./provider.ts";
import { TestServer } from "./test-server.ts";

let provider: TestProvider;
let server: TestServer;

beforeAll(async () => {
  provider = await TestProvider.start({
    "subject-1": { preferred_username: "Ann.Other@example.org", groups: ["engineers"] },
    "subject-2": { preferred_username: "root", groups: ["visitors"] },
  });
  server = await TestServer.start(undefined, (address) => provider.settings(address));
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
});

/** A browser: it keeps cookies by host and follows redirects. */
class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly visited: string[] = [];

  async visit(
    url: string,
    form?: Readonly<Record<string, string>>,
  ): Promise<{ url: string; status: number; body: string }> {
    let [next, sent] = [new URL(url), form];
    for (;;) {
      this.visited.push(next.pathname);
      const known = this.#cookies.get(next.host) ?? new Map<string, string>();
      this.#cookies.set(next.host, known);
      const response = await fetch(next, {
        redirect: "manual",
        headers: { cookie: [...known].map(([name, value]) => `${name}=${value}`).join("; ") },
        ...(sent === undefined ? {} : { method: "POST", body: new URLSearchParams(sent) }),
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        known.set(name, value);
      }
      const location = response.headers.get("location");
      const body = await response.text();
      if (location === null || this.visited.length > 30) return { url: next.href, status: response.status, body };
      [next, sent] = [new URL(location, next), undefined];
    }
  }

  cookie(host: string, name: string): string | undefined {
    return this.#cookies.get(host)?.get(name);
  }
}

async function signIn(browser: Browser, subject: string): Promise<void> {
  const login = await browser.visit(`${server.address}${oidcPaths.begin}`);
  const action = (page: { body: string; url: string }) =>
    new URL(/action="([^"]+)"/.exec(page.body)?.[1] ?? "", page.url).href;
  const consent = await browser.visit(action(login), { prompt: "login", login: subject, password: "any" });
  await browser.visit(action(consent), { prompt: "consent" });
}

const session = (browser: Browser) =>
  server.call("GET", "/session", {
    headers: { cookie: `netwright=${browser.cookie(new URL(server.address).host, "netwright") ?? ""}` },
  });

it("signs in who the provider knows, with the roles of their groups", async () => {
  const root = await server.signIn("root", "root's password");
  await server.call("POST", "/projects", { headers: root, body: { name: "demo" } });
  const memberOf = async (name: string) =>
    (await server.call("GET", "/projects/demo/members", { headers: root })).body.items.find(
      (one: { user: { name: string } }) => one.user.name === name,
    );
  const roleOf = async (name: string) => (await memberOf(name))?.role;
  const browser = new Browser();
  await signIn(browser, "subject-1");
  expect((await session(browser)).body.user).toMatchObject({ name: "ann-other", isAdmin: false });
  expect(await memberOf("ann-other")).toMatchObject({ role: "operator", from: "groups" });
  expect(await memberOf("root")).toMatchObject({ role: "admin", from: "here" });
  const signIns = async () =>
    (await server.call("GET", `/audit?target=${oidcPaths.back}`, { headers: root })).body.items.map(
      (one: { user: string; action: string; status: number }) => `${one.user} ${one.action} ${one.status}`,
    );
  await expect.poll(signIns).toEqual(["ann-other GET 302"]);
  // Who has no password here is told where it is.
  expect((await session(browser)).body.password).toEqual({ at: "provider", address: provider.issuer });
  expect((await server.call("GET", "/session", { headers: root })).body.password).toEqual({ at: "here" });

  // Other groups, another role; the same user.
  provider.people["subject-1"] = { preferred_username: "ann", groups: ["chiefs"] };
  const later = new Browser();
  await signIn(later, "subject-1");
  expect((await session(later)).body.user).toMatchObject({ name: "ann-other", isAdmin: true });
  expect(await roleOf("ann-other")).toBeUndefined();

  // Nobody becomes who is here already.
  const other = new Browser();
  await signIn(other, "subject-2");
  expect((await session(other)).body.user.name).toMatch(/^root-[0-9a-f]{5}$/);
  expect((await session(other)).body.user.isAdmin).toBe(false);

  // Who is not let in is noted by the name that the provider has for them.
  await server.call("PATCH", "/users/ann-other", { headers: root, body: { isDisabled: true } });
  await signIn(new Browser(), "subject-1");
  await expect.poll(async () => (await signIns())[0]).toBe("ann GET 401");
});

it("takes no sign-in that another browser began, or nobody", async () => {
  const victim = new Browser();
  const { status, body } = await victim.visit(`${server.address}${oidcPaths.back}?code=stolen&state=made-up`);
  expect([status, JSON.parse(body).code]).toEqual([502, "IDENTITY_PROVIDER_FAILED"]);
  expect((await session(victim)).status).toBe(401);
});
