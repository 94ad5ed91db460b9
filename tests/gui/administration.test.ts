import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, GuiServer, noBrowser, picture } from "./browser.ts";
import { looksOf } from "./looks.ts";

/** Users, tokens, members, quotas and the audit log, by who may, and by who may not. */

const why = noBrowser();
let server: GuiServer;
let admin: Page;
const victor = { name: "victor", password: "a password of victor" };

beforeAll(async () => {
  if (why !== undefined) return;
  server = await GuiServer.start();
  admin = await server.page();
}, 120_000);
afterAll(() => server?.[Symbol.asyncDispose]());

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true });
const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });

describe("the pages of those who administer", () => {
  it("make a user, and refuse what the server refuses", async ({ skip }) => {
    skip(why !== undefined, why);
    await button(admin, "Signed in as admin").click();
    await admin.getByRole("menuitem", { name: "Server" }).click();
    await button(admin, "New user").click();
    const dialog = admin.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("admin");
    await dialog.getByLabel("Full name").fill("Victor V.");
    await dialog.getByLabel("Password", { exact: true }).fill(victor.password);
    await button(admin, "Make user").click();
    await dialog.getByRole("alert").getByText("admin").waitFor();
    await dialog.getByLabel("Name", { exact: true }).fill(victor.name);
    await button(admin, "Make user").click();
    await row(admin, "Victor V.").waitFor();
    expect(await looksOf(admin, "users")).toEqual([]);
    // Nobody locks themselves out.
    await button(admin, "Actions for admin").click();
    expect(await admin.getByRole("menuitem", { name: "Disable" }).isDisabled()).toBe(true);
    await admin.keyboard.press("Escape");
  });

  it("make a project with a quota, and give the user a role in it", async ({ skip }) => {
    skip(why !== undefined, why);
    await admin.goto("/projects");
    await admin.getByText("No projects yet").waitFor();
    await button(admin, "New project").click();
    await admin.getByLabel("Name").fill("shop");
    await admin.getByLabel("Description").fill("The network of the shop");
    await button(admin, "Make project").click();
    await admin.getByRole("tab", { name: "Settings" }).click();
    await admin.getByLabel("Limit of labs").fill("2");
    await button(admin, "Save quotas").click();
    await admin.getByText("0 of 2").waitFor();
    await admin.getByLabel("Limit of memory").fill("1.5");
    await button(admin, "Save quotas").click();
    await admin.getByText("0 B of 1.5 GiB").waitFor();
    await admin.getByLabel("Reach the Internet").check({ force: true });
    await admin.getByLabel("Ports of the server's loopback").fill("tcp/5432");
    await button(admin, "Save reach").click();
    await admin.getByRole("button", { name: "Save reach", disabled: true }).waitFor();
    await admin.reload();
    await expect.poll(() => admin.getByLabel("Reach the Internet").isChecked()).toBe(true);
    expect(await looksOf(admin, "project-settings")).toEqual([]);
    await admin.getByRole("tab", { name: "Members" }).click();
    const newMember = admin.getByPlaceholder("name of a user of this server");
    await newMember.fill("nobody");
    await button(admin, "Add member").click();
    await admin.getByRole("alert").getByText("nobody").waitFor();
    await admin
      .getByRole("alert")
      .getByText(/from the first sign-in on/)
      .waitFor();
    // Who is a member is not offered.
    await newMember.fill("");
    const offered = admin.locator(".mantine-Autocomplete-option");
    await expect.poll(() => offered.allTextContents()).toEqual([victor.name]);
    await offered.click();
    await admin.getByLabel("Role", { exact: true }).selectOption("viewer");
    await button(admin, "Add member").click();
    await row(admin, "Victor V.").waitFor();
    expect(await looksOf(admin, "members")).toEqual([]);
    await admin.goto("/projects");
    await admin.getByRole("link", { name: "shop" }).waitFor();
    expect(await looksOf(admin, "projects")).toEqual([]);
  });

  it("hide from a viewer what a viewer may not, and say why", async ({ skip }) => {
    skip(why !== undefined, why);
    const page = await server.page("light", victor);
    expect(await button(page, "New project").count()).toBe(0);
    await page.getByRole("link", { name: "shop" }).click();
    await page.getByText("You are a viewer here").waitFor();
    await page.getByText("You may look at labs, not deploy them.").waitFor();
    await page.getByRole("tab", { name: "Members" }).click();
    await page.getByText("Administrators of the project say who is a member.").waitFor();
    expect(await page.getByLabel("Role of victor").count()).toBe(0);
    await page.getByRole("tab", { name: "Settings" }).click();
    await page.getByText("Server administrators set the limits.").waitFor();
    expect(await button(page, "Delete project").count()).toBe(0);
    expect(await looksOf(page, "viewer")).toEqual([]);
    await page.goto("/projects/shop/topologies/none?new");
    await page.getByText("There is no such topology").waitFor();
    expect(await page.getByRole("link", { name: "Draw it" }).count()).toBe(0);
    await ask(admin, "PUT", "/projects/shop/topologies/aisle", { text: "name: aisle\nnodes: { h1: {} }\n" });
    await page.goto("/projects/shop/topologies/aisle");
    await page.getByText("Viewers look, and change nothing.").waitFor();
    expect(await page.getByRole("button", { name: /^Add a|^Save$|^Deploy$/ }).count()).toBe(0);
    await page.goto("/server/users");
    await page.getByText("This is for server administrators").waitFor();

    // One's own password and tokens, which everybody has.
    await button(page, /^Signed in as/).click();
    await page.getByRole("menuitem", { name: "Your account" }).click();
    await page.getByLabel("Present password").fill("not this one");
    await page.getByLabel("New password", { exact: true }).fill("another password");
    await page.getByLabel("New password again").fill("another passwort");
    await page.getByText("The two new passwords are not the same").waitFor();
    await page.getByLabel("New password again").fill("another password");
    await button(page, "Change password").click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Present password").fill(victor.password);
    await button(page, "Change password").click();
    await page.getByText("The password is changed.").waitFor();
    await button(page, "New token").click();
    await page.getByLabel("Name").fill("pipeline");
    await page.getByLabel("Ends after").selectOption("30");
    await button(page, "Make token").click();
    const secret = (await page.getByLabel("The token").textContent()) ?? "";
    const asked = (method: string) =>
      page.evaluate(
        async ([authorization, how]) =>
          (await fetch("/api/v1/projects/shop", { method: how, headers: { authorization }, credentials: "omit" }))
            .status,
        [`Bearer ${secret}`, method] as const,
      );
    expect(await asked("GET")).toBe(200);
    expect(await asked("DELETE")).toBe(403);
    expect(await looksOf(page, "token")).toEqual([]);
    await button(page, "I have it").click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await looksOf(page, "account")).toEqual([]);
    await button(page, "Revoke token pipeline").click();
    await button(page, "Revoke token").click();
    await page.getByText("You have no tokens.").waitFor();
    expect(await asked("GET")).toBe(401);

    // Signed out from elsewhere, one is out there.
    const elsewhere = await server.page("light", { name: victor.name, password: "another password" });
    await page.reload();
    await row(page, "this one").waitFor();
    await page.getByRole("button", { name: /^End session of Chromium on Linux at 127\.0\.0\.1/ }).click();
    await button(page, "End session").click();
    await page.getByRole("button", { name: /^End session of/ }).waitFor({ state: "detached" });
    await elsewhere.getByRole("link", { name: "shop" }).click();
    await button(elsewhere, "Sign in").waitFor();
    await elsewhere.context().close();

    // Disabled, the user is out at the next step.
    await admin.goto("/server");
    await button(admin, "Actions for victor").click();
    await admin.getByRole("menuitem", { name: "Disable" }).click();
    await button(admin, "Disable").click();
    await row(admin, "Victor V.").getByText("disabled").waitFor();
    await page.getByRole("link", { name: "Netwright" }).click();
    await button(page, "Sign in").waitFor();
    expect(await looksOf(page, "sign-in")).toEqual([]);
    await page.context().close();
  });

  it("show that a list is longer than what is shown, and go on with it", async ({ skip }) => {
    skip(why !== undefined, why);
    await Promise.all(
      Array.from({ length: 103 }, (_, number) => ask(admin, "POST", "/tokens", { name: `t${number}`, scope: "read" })),
    );
    await admin.goto("/account");
    await admin.getByText("The first 100 are shown.").waitFor();
    const tokens = admin.getByRole("button", { name: /^Revoke token t/ });
    await expect.poll(() => tokens.count()).toBe(100);
    await button(admin, "Show more").scrollIntoViewIfNeeded();
    await picture(admin, "long-list");
    await button(admin, "Show more").click();
    await expect.poll(() => tokens.count()).toBe(103);
    await expect.poll(() => button(admin, "Show more").count()).toBe(0);
  });

  it("say that they wait, what went wrong, and go on where the server is back", async ({ skip }) => {
    skip(why !== undefined, why);
    const title = admin.getByRole("heading", { name: "Projects", exact: true });
    const gone = admin.locator(".server-lost").getByText(/^The server's database does not answer\./);
    const project = admin.getByRole("link", { name: "shop" });
    await admin.goto("/projects");
    await project.waitFor();
    const before = await title.boundingBox();
    // A page that is open says so by itself, and one that is loaded meanwhile; both go on without being asked.
    await admin.route("**/api/v1/**", (route) =>
      route.fulfill({
        status: 503,
        contentType: "application/problem+json",
        body: JSON.stringify({
          ...{ type: "about:blank", title: "DATABASE_GONE", status: 503, code: "DATABASE_GONE" },
          ...{ detail: "The server's database does not answer: gone.", remedy: "Nothing is lost." },
        }),
      }),
    );
    await gone.waitFor();
    await expect.poll(() => project.isVisible()).toBe(true);
    await expect.poll(() => title.boundingBox()).toEqual(before);
    await admin.reload();
    await admin.getByText("Waiting for the server, to load Netwright…").waitFor();
    await gone.waitFor();
    expect(await looksOf(admin, "database-gone")).toEqual([]);
    await admin.unroute("**/api/v1/**");
    await project.waitFor();
    await gone.waitFor({ state: "detached" });
    // What the server refuses for good is not asked for again but by hand; until it answers, it is said that it is asked.
    const held = Promise.withResolvers<void>();
    await admin.route("**/api/v1/projects?*", async (route) => {
      await held.promise;
      await route.fulfill({
        status: 500,
        contentType: "application/problem+json",
        body: JSON.stringify({
          ...{ type: "about:blank", title: "INTERNAL", status: 500, code: "INTERNAL" },
          ...{ detail: "Something went wrong in the server.", remedy: "Nothing is lost." },
        }),
      });
    });
    await admin.goto("/projects");
    await admin.getByText("Loading the projects…").waitFor();
    expect(await looksOf(admin, "waiting")).toEqual([]);
    held.resolve();
    await admin.getByRole("alert").getByText("Nothing is lost.").waitFor();
    expect(await looksOf(admin, "trouble")).toEqual([]);
    await admin.unroute("**/api/v1/projects?*");
    await button(admin, "Try again").click();
    await project.waitFor();
    // What stood there before stands where it was.
    await expect.poll(() => title.boundingBox()).toEqual(before);
    await admin.context().setOffline(true);
    await admin.getByText(/^The network is gone/).waitFor();
    await expect.poll(() => title.boundingBox()).toEqual(before);
    expect(await looksOf(admin, "offline")).toEqual([]);
    await admin.context().setOffline(false);
    await admin.getByText(/^The network is gone/).waitFor({ state: "detached" });
    await admin.goto("/server");
  });

  it("find in the audit log who asked for what", async ({ skip }) => {
    skip(why !== undefined, why);
    await admin.getByRole("tab", { name: "Audit log" }).click();
    await admin.getByRole("textbox", { name: "User" }).fill("victor");
    await admin.getByLabel("Only what was refused").check();
    await row(admin, "PUT /session/password").getByText("refused").waitFor();
    await expect.poll(() => row(admin, "POST /tokens").count()).toBe(0);
    await admin.getByLabel("Only what was refused").uncheck();
    await row(admin, "POST /tokens").getByText("done").waitFor();
    await expect.poll(() => row(admin, "POST /tokens").locator("time").first().textContent()).toMatch(/\d:\d\d:\d\d/);
    // Names are looked for and shown as they are written, however they were sent.
    await ask(admin, "DELETE", `/projects/shop/topologies/${encodeURIComponent("no:ne — two")}`).catch(() => undefined);
    await admin.getByRole("textbox", { name: "User" }).fill("");
    await admin.getByLabel("Target has").fill("no:ne —");
    await row(admin, "DELETE /projects/shop/topologies/no:ne — two").getByText("refused").waitFor();
    await expect.poll(() => row(admin, "POST /tokens").count()).toBe(0);
    expect(await looksOf(admin, "audit")).toEqual([]);
    await admin.getByRole("tab", { name: "Hosts" }).click();
    await row(admin, "ready")
      .getByText(/ of .* GiB/)
      .waitFor();
    expect(await looksOf(admin, "hosts")).toEqual([]);
    await admin.getByRole("tab", { name: "Images" }).click();
    await admin.getByText("No images yet").waitFor();
    expect(await looksOf(admin, "images")).toEqual([]);
    expect(server.complaints).toEqual([]);
  });
});
