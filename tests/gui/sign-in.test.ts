import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestKeystone } from "../controller/keystone.ts";
import { TestProvider } from "../controller/provider.ts";
import { freePort } from "../free-port.ts";
import { GuiServer, noBrowser } from "./browser.ts";
import { looksOf } from "./looks.ts";

/** Signing in at a page by who is known elsewhere: OpenStack's Keystone, and a provider of OpenID Connect. */

const password = "a password of Keystone's";
const why = noBrowser();
const missing = why ?? TestKeystone.unavailable();
let server: GuiServer;
let provider: TestProvider;
let keystone: TestKeystone | undefined;

beforeAll(async () => {
  if (why !== undefined) return;
  const port = await freePort();
  provider = await TestProvider.start({ "subject-1": { preferred_username: "ann", groups: [] } });
  if (missing === undefined) {
    keystone = await TestKeystone.start();
    await keystone.make("user", { name: "bea", domain_id: "default", password });
  }
  server = await GuiServer.start({
    listen: { host: "127.0.0.1", port },
    oidc: provider.settings(`http://127.0.0.1:${port}`),
    ...(keystone && { keystone: { url: keystone.url, domain: "Default", admins: [], roles: [] } }),
  });
}, 240_000);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
  await keystone?.[Symbol.asyncDispose]();
});

/** What the page of one's account says of a password that is not here. */
async function passwordIsAt(page: Page, address: string): Promise<void> {
  await page.getByRole("heading", { name: "Projects", exact: true }).waitFor();
  await page.goto("/account");
  const section = page.getByRole("region", { name: "Password" });
  await section.getByText(address, { exact: true }).waitFor();
  expect(await section.getByRole("textbox").count()).toBe(0);
  expect(await section.getByRole("button").count()).toBe(0);
}

describe("the page to sign in", () => {
  it("signs in by Keystone, in the domain that is given, and says what it refuses", async ({ skip }) => {
    skip(missing !== undefined, missing);
    const page = await server.visit();
    await page.getByText("OpenStack", { exact: true }).click();
    expect(await page.getByLabel("Domain").getAttribute("placeholder")).toBe("Default");
    await page.getByLabel("Name").fill("bea");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByLabel("Domain").fill("elsewhere");
    const signIn = page.getByRole("button", { name: "Sign in", exact: true });
    await signIn.click();
    await page.getByRole("alert").waitFor();
    expect(await looksOf(page, "sign-in-keystone")).toEqual([]);
    await page.getByLabel("Domain").fill("");
    await signIn.click();
    await passwordIsAt(page, keystone?.url ?? "");
    expect(await looksOf(page, "account-elsewhere")).toEqual([]);
    await page.context().close();
  });

  it("signs in at a provider of OpenID Connect", async ({ skip }) => {
    skip(why !== undefined, why);
    const page = await server.visit();
    await page.getByRole("link", { name: "Sign in at your organisation" }).click();
    await page.locator("input[name=login]").fill("subject-1");
    await page.locator("input[name=password]").fill("any");
    await page.locator("button[type=submit]").click();
    await page.getByRole("button", { name: "Continue" }).click();
    await passwordIsAt(page, provider.issuer);
    await page.getByRole("button", { name: "Signed in as ann" }).waitFor();
    await page.context().close();
    expect(server.complaints).toEqual([]);
  });
});
