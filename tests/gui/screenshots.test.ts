import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GuiServer, noBrowser, nodeIn, saidIn } from "./browser.ts";
import { looksOf } from "./looks.ts";

/*
 * The pictures of the documentation, taken of a lab that runs: `make screenshots` writes them into
 * docs/screenshots; the test does all of it but that. It is also what somebody sees who comes for the
 * first time: an example by one click.
 */

const root = join(import.meta.dirname, "../..");
const folder = join(root, "docs/screenshots");
const mostBytes = 150_000;
const names = ["capture", "editor", "lab"] as const;

const why = noBrowser();
let server: GuiServer;
let page: Page;

beforeAll(async () => {
  if (why === undefined) server = await GuiServer.start();
}, 120_000);
afterAll(() => server?.[Symbol.asyncDispose]());

const node = (name: string) => nodeIn(page, name);
const link = (a: string, b: string) =>
  page.getByRole("group", { name: new RegExp(`^Link (?:${a} \\S+ to ${b}|${b} \\S+ to ${a}) `) });
const said = () => saidIn(page);

async function take(name: (typeof names)[number], colorScheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.mouse.move(640, 40);
  await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor({ state: "attached" });
  const isWritten = process.env["NETWRIGHT_SCREENSHOTS"] !== undefined;
  const picture = await page.screenshot(isWritten ? { path: join(folder, `${name}.png`) } : {});
  expect(picture.byteLength).toBeLessThan(mostBytes);
  expect(picture.byteLength).toBeGreaterThan(mostBytes / 10);
}

const drawn = `# Three routers that find their routes by OSPF, and two hosts.
name: triangle

nodes:
  r1: { kind: router, routing: ospf }
  r2: { kind: router, routing: ospf }
  r3: { kind: router, routing: ospf }
  h1:
  h3:

links:
  - { endpoints: [h1, r1], subnet: 10.0.1.0/24, gateway: r1 }
  - { endpoints: [h3, r3], subnet: 10.0.3.0/24, gateway: r3 }
  - { endpoints: [r1, r2], subnet: 10.0.12.0/30 }
  - { endpoints: [r2, r3], subnet: 10.0.23.0/30 }
  - endpoints: [r3, r1]
    subnet: 10.0.31.0/30
    impairment: { delay: 20ms, loss: 1% }

drawing:
  notes:
    - { text: "Cut r1 — r3: OSPF finds the way over r2.", at: [240, 230] }
  groups:
    - { title: Backbone, nodes: [r1, r2, r3] }
  places:
    h1: [0, 130]
    r1: [170, 130]
    r2: [300, 0]
    r3: [430, 130]
    h3: [600, 130]
`;

describe("the pictures of the documentation", () => {
  it("are of a lab that an example makes by one click", async ({ skip }) => {
    skip(why !== undefined, why);
    page = await server.page();
    await page.getByRole("button", { name: "New project" }).click();
    await page.getByLabel("Name").fill("demo");
    await page.getByRole("button", { name: "Make project" }).click();
    await page.getByText("No labs yet").waitFor();
    expect(await page.getByRole("button", { name: /^Deploy the example/ }).count()).toBe(3);
    expect(await looksOf(page, "first-visit")).toEqual([]);
    await page.getByRole("button", { name: "Deploy the example A triangle of routers" }).click();
    await node("h1").and(page.getByLabel("Host h1, runs")).waitFor();
    await node("h1").dblclick();
    await expect.poll(said).toMatch(/h1.*#/);
    await page.keyboard.type("until ping -c 1 -W 1 10.3.0.10 > /dev/null; do :; done; clear; ping -c 4 10.3.0.10\n");
    await expect.poll(said).toMatch(/4 packets transmitted, 4 received/);
    // By the keyboard, as whoever has no mouse.
    await link("r1", "r3").press("Shift+F10");
    await page.getByRole("menuitem", { name: "Cut the link" }).click();
    await page.locator(".link[data-cut]").waitFor({ state: "attached" });
    await take("lab", "light");

    await link("r1", "r2").press("Shift+F10");
    await page.getByRole("menuitem", { name: "Capture" }).click();
    await page
      .getByRole("option", { name: /ospfv2 hello/ })
      .first()
      .waitFor();
    await page.getByRole("tab", { name: "h1", exact: true }).click();
    await page.keyboard.type("clear; until ping -c 1 -W 1 10.3.0.10 > /dev/null; do :; done; ping -c 3 10.3.0.10\n");
    await expect.poll(said).toMatch(/3 received/);
    await page.getByRole("tab", { name: /^Capture: / }).click();
    // Hellos of OSPF come all the time, and move the others out of sight.
    await page.getByLabel("Show only").fill("icmp");
    await page
      .getByRole("option", { name: /icmp echo-reply/ })
      .first()
      .click();
    await page.locator(".packet-detail").getByText("ipv4", { exact: true }).waitFor();
    await take("capture", "dark");
    await page.getByRole("button", { name: "Delete lab ospf-triangle" }).click();
    await page.getByRole("button", { name: "Delete lab", exact: true }).click();
    await page.getByText("No labs yet").waitFor();
  });

  it("are of the editor", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.goto("/projects/demo/topologies/triangle?new");
    await page.getByText("Nothing drawn yet").waitFor();
    await page
      .locator("input[type=file]")
      .setInputFiles({ name: "triangle.yaml", mimeType: "application/yaml", buffer: Buffer.from(drawn) });
    await node("h3").waitFor();
    await page.locator(".findings[aria-busy=false]").getByText("Nothing is wrong with this lab file.").waitFor();
    await page.getByRole("button", { name: "Fit View" }).click();
    await take("editor", "dark");
    expect(server.complaints).toEqual([]);
  });

  it("are there, small, and shown", () => {
    const pages = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
    const texts = ["README.md", ...pages.map((name) => `docs/${name}`)].map((path) =>
      readFileSync(join(root, path), "utf8"),
    );
    const shown = texts.flatMap((text) =>
      [...text.matchAll(/\]\((?:docs\/)?screenshots\/([\w-]+)\.png\)/g)].map(([, name = ""]) => name),
    );
    expect([...new Set(shown)].toSorted()).toEqual(names);
    expect(readdirSync(folder).toSorted()).toEqual(names.map((name) => `${name}.png`));
    for (const name of names) {
      const path = join(folder, `${name}.png`);
      expect(existsSync(path) && statSync(path).size).toBeLessThan(mostBytes);
    }
  });
});
