import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { barriers, GuiServer, noBrowser, picture } from "./browser.ts";

/** The pages of a lab that runs. */

const why = noBrowser();
const labFile = `
name: live
nodes:
  h1: { interfaces: { eth0: 10.0.1.1/24 } }
  h2: { interfaces: { eth0: 10.0.1.2/24 } }
  h3: { interfaces: { eth0: 10.0.2.1/24 } }
  h4: { interfaces: { eth0: 10.0.2.2/24 } }
links:
  - [h1, h2]
  - [h3, h4]
`;
let server: GuiServer;
let page: Page;

beforeAll(async () => {
  if (why !== undefined) return;
  server = await GuiServer.start();
  page = await server.page();
  await ask(page, "POST", "/projects", { name: "demo" });
  await ask(page, "POST", "/projects/demo/labs", { name: "live", text: labFile });
  await page.goto("/projects/demo/labs/live");
}, 120_000);
afterAll(async () => {
  if (why !== undefined) return;
  await ask(page, "DELETE", "/projects/demo/labs/live");
  await server[Symbol.asyncDispose]();
});

/** Asks the server in the name of who is signed in. */
async function ask(by: Page, method: string, path: string, body?: unknown): Promise<unknown> {
  const session = await by.request.get("/api/v1/session");
  const { csrfToken } = (await session.json()) as { csrfToken: string };
  const answer = await by.request.fetch(`/api/v1${path}`, {
    method,
    headers: { "x-csrf-token": csrfToken },
    ...(body === undefined ? {} : { data: body }),
  });
  const text = await answer.text();
  if (!answer.ok()) throw new Error(`${method} ${path}: ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

const node = (name: string, of = page) => of.locator(`.react-flow__node[data-id="${name}"]`);
const menu = async (name: string, item: string, of = page) => {
  await node(name, of).click({ button: "right" });
  await of.getByRole("menuitem", { name: item }).click();
};

describe("a lab that runs", () => {
  it("is watched in two tabs with eight captures, and the pages still answer", async ({ skip }) => {
    skip(why !== undefined, why);
    const other = await page.context().newPage();
    await other.goto("/projects/demo/labs/live");
    for (const tab of [page, other]) {
      await node("h1", tab).waitFor();
      for (let count = 0; count < 4; count += 1) await menu("h1", "Capture eth0", tab);
      await tab
        .getByRole("tab", { name: /^Capture/ })
        .nth(3)
        .waitFor();
      await tab.locator(".packets").nth(3).waitFor();
      await expect.poll(() => tab.getByText("The capture is being started").count()).toBe(0);
    }
    await menu("h2", "Open a terminal", other);
    await expect.poll(() => said(other)).toMatch(/h2.*#/);
    await other.keyboard.type("ping -c 2 10.0.1.1\n");
    await expect.poll(() => said(other)).toMatch(/2 received/);
    for (const tab of [page, other])
      await expect
        .poll(() => tab.locator(".capture-tools").getByRole("status", { includeHidden: true }).allTextContents())
        .toSatisfy(
          (texts: readonly string[]) => texts.length === 4 && texts.every((text) => Number.parseInt(text) >= 4),
        );
    await page.getByLabel("Show only").last().fill("icmp !reply");
    await page
      .getByRole("option", { name: /echo-request/ })
      .first()
      .waitFor();
    expect(await page.getByRole("option", { name: /echo-reply/ }).count()).toBe(0);
    await picture(page, "captures");
    await other.close();
  });

  it("has no barriers and complains of nothing", async ({ skip }) => {
    skip(why !== undefined, why);
    expect(await barriers(page)).toEqual([]);
    expect(server.complaints).toEqual([]);
  });
});

/** What the terminal that is seen shows. */
async function said(of: Page): Promise<string> {
  const rows = await of.locator(".terminal:visible .xterm-rows > div").allTextContents();
  return rows.join("\n").replaceAll("\u00a0", " ");
}
