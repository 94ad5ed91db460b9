import { readFile } from "node:fs/promises";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GuiServer, noBrowser, nodeIn, writtenIn } from "./browser.ts";
import { looksOf } from "./looks.ts";

/** The editor, without labs: what is drawn, written, copied, arranged and kept. */

const why = noBrowser();
let server: GuiServer;
let page: Page;

beforeAll(async () => {
  if (why !== undefined) return;
  server = await GuiServer.start();
  page = await server.page();
  await page.getByRole("button", { name: "New project" }).click();
  await page.getByLabel("Name").fill("draw");
  await page.getByRole("button", { name: "Make project" }).click();
  await page.getByText("No labs yet").waitFor();
}, 120_000);
afterAll(() => server?.[Symbol.asyncDispose]());

const node = (name: string) => nodeIn(page, name);
const button = (name: string) => page.getByRole("button", { name, exact: true });
const written = () => writtenIn(page);
const fine = () =>
  page.locator(".findings[aria-busy=false]").getByText("Nothing is wrong with this lab file.").waitFor();
const choose = async (menu: string, item: string) => {
  await button(menu).click();
  await page.getByRole("menuitem", { name: item }).click();
};
const place = async (name: string) => {
  const box = await node(name).boundingBox();
  if (box === null) throw new Error(`${name} is not in the picture`);
  return { x: Math.round(box.x), y: Math.round(box.y) };
};
const save = async (version: number, message: string) => {
  await button("Save").click();
  // Of the first version nothing is asked.
  if (version > 1) {
    await page.getByLabel("What has changed").fill(message);
    await button(`Save as version ${version}`).click();
  }
  await page.getByText(`version ${version}`, { exact: true }).waitFor();
};

const isInPicture = async (what: Locator): Promise<boolean> => {
  const [box, picture] = [await what.boundingBox(), await page.locator(".react-flow").boundingBox()];
  if (box === null || picture === null) return false;
  return box.y >= picture.y && box.y + box.height <= picture.y + picture.height;
};

describe("the editor", () => {
  it("draws a triangle of routers by the keyboard, with routing and addresses, and no YAML typed", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.goto("/projects/draw/topologies/triangle?new");
    await page.getByText("Nothing drawn yet").waitFor();
    expect(await looksOf(page, "editor-empty")).toEqual([]);
    for (const name of ["r1", "r2", "r3"]) {
      await button("Add a Router").press("Enter");
      await node(name).waitFor();
      await page.getByLabel("routing").selectOption("ospf");
      // The others are offered in the order in which they were made.
      const links = name === "r1" ? 0 : Number(name.slice(1)) - 1;
      for (let other = 0; other < links; other += 1) {
        const list = page.getByLabel("Link to");
        await list.press("Home");
        for (let step = 0; step < other; step += 1) await list.press("ArrowDown");
        await button("Link").press("Enter");
      }
    }
    await expect.poll(() => page.locator(".react-flow__edge").count()).toBe(3);
    await choose("Arrange", "Suggest addresses");
    await page.getByText("3 networks got addresses.").waitFor();
    await fine();
    await expect.poll(async () => (await written()).match(/routing: ospf/g)).toHaveLength(3);
    for (const subnet of ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]) await expect.poll(written).toContain(subnet);
    await save(1, "A triangle");
  });

  it("has notes and groups, which move, and are undone", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.locator(".react-flow__pane").click({ position: { x: 10, y: 10 } });
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Control+g");
    await page.getByLabel("Title").fill("Backbone");
    await page.getByLabel("Title").press("Enter");
    await button("Group Backbone, 3 nodes").waitFor();
    await button("Add a note").click();
    await page.getByLabel("Text", { exact: true }).fill("Cut r1 — r2 and watch");
    await page.getByLabel("Text", { exact: true }).blur();
    const note = button("Note: Cut r1 — r2 and watch");
    await note.press("ArrowDown");
    await expect.poll(written).toMatch(/- \{ text: Cut r1 — r2 and watch, at: \[-?\d+, -?\d+\] \}/);
    const before = await written();
    await note.press("Delete");
    await note.waitFor({ state: "detached" });
    await button("Undo").click();
    await note.waitFor();
    await expect.poll(written).toBe(before);
    await fine();
    await note.click();
    expect(await looksOf(page, "editor-notes")).toEqual([]);
    await button("Close the settings").click();
    // A note far below is brought into the picture, too, by the button and when the page is opened.
    for (let step = 0; step < 40; step += 1) await note.press("ArrowDown");
    await button("Fit View").click();
    await expect.poll(() => isInPicture(note)).toBe(true);
    await save(2, "With a note");
    await page.reload();
    await expect.poll(() => isInPicture(note)).toBe(true);
  });

  it("aligns and distributes what is selected", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.locator(".react-flow__pane").click({ position: { x: 10, y: 10 } });
    await node("r3").press("Enter");
    for (let step = 0; step < 6; step += 1) await node("r3").press("ArrowDown");
    await expect.poll(async () => (await place("r3")).y - (await place("r1")).y).toBeGreaterThan(0);
    await page.keyboard.press("Control+a");
    await choose("Arrange", "Align top");
    await expect.poll(async () => (await place("r3")).y - (await place("r1")).y).toBe(0);
    await button("Undo").click();
    await expect.poll(async () => (await place("r3")).y - (await place("r1")).y).toBeGreaterThan(0);
  });

  it("copies into another topology and a text, with names and networks of their own", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Control+c");
    await page.keyboard.press("Control+v");
    await node("r6").waitFor();
    await fine();
    await expect.poll(written).toContain("10.0.6.0/24");
    await button("Undo").click();
    await node("r6").waitFor({ state: "detached" });

    await page.goto("/projects/draw/topologies/other?new");
    await page.getByText("Nothing drawn yet").waitFor();
    await page.keyboard.press("Control+v");
    await node("r3").waitFor();
    await fine();
    await button("Group Backbone, 3 nodes").waitFor();
    await expect.poll(written).toContain("10.0.3.0/24");
    // As whoever has no keyboard does it.
    await button("Edit").click();
    await page.getByRole("menuitem", { name: "Paste" }).click();
    const part = page.getByLabel("A lab file, or a part of one");
    await part.fill("nodes: {");
    await page.getByText("This is no part of a lab file").waitFor();
    await part.fill("nodes: { h1: , s1: { kind: switch } }\nlinks: [[h1, s1]]\n");
    await button("Paste").click();
    await node("s1").waitFor();
    await fine();
  });

  it("sets VLANs of ports and impairments of one direction by forms, and marks what is wrong", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.keyboard.press("Escape");
    await node("s1").press("Enter");
    await page.getByLabel(/^\S+ to h1$/).selectOption("access");
    await page.getByLabel(/: VLAN$/).fill("30");
    await page.getByLabel(/: VLAN$/).press("Enter");
    await expect.poll(written).toMatch(/vlan: 30/);
    await fine();
    await page.getByRole("group", { name: "Link h1 eth0 to s1" }).press("Enter");
    await page.getByText("from h1", { exact: true }).click();
    await page.getByLabel("delay", { exact: true }).fill("20ms");
    await page.getByLabel("delay", { exact: true }).press("Enter");
    await expect.poll(written).toMatch(/from:\s+h1:\s+delay: 20ms/);
    await fine();
    await page.getByLabel("delay", { exact: true }).fill("soon");
    await page.getByLabel("delay", { exact: true }).press("Enter");
    await page.locator(".panel .message").getByText("soon").waitFor();
    await page.locator(".findings").getByText("soon").waitFor();
    await page.locator(".cm-lintRange-error").first().waitFor();
    await page.locator(".link-words").getByText("mistake").waitFor({ state: "attached" });
    expect(await looksOf(page, "editor-mistake")).toEqual([]);
    await button("Undo").click();
    await fine();
  });

  it("exports with places, imports by menu and by drop, and shows how versions differ", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.goto("/projects/draw/topologies/triangle");
    await node("r1").waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      button("More")
        .click()
        .then(() => page.getByRole("menuitem", { name: "Export the lab file" }).click()),
    ]);
    const text = await readFile(await file.path(), "utf8");
    expect(text).toMatch(/ {2}places:\n {4}r1: \[-?\d+, -?\d+\]/);
    await expect.poll(written).not.toContain("places:");
    await page.goto("/projects/draw/topologies/imported?new");
    await page.getByText("Nothing drawn yet").waitFor();
    const dropped = JSON.stringify(text.replace("r3: [", "r3: [1"));
    const data = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([${dropped}], "triangle.yaml"));
      return transfer;
    })()`);
    await page.locator(".canvas").dispatchEvent("drop", { dataTransfer: data });
    await node("r3").waitFor();
    await fine();
    await expect.poll(written).not.toContain("places:");

    await page.goto("/projects/draw/topologies/triangle");
    await node("r1").press("Enter");
    await page.getByLabel("Name", { exact: true }).fill("core");
    await page.getByLabel("Name", { exact: true }).press("Enter");
    await node("core").waitFor();
    await button("Versions").click();
    await page.getByRole("button", { name: /^Version 1 / }).click();
    const summary = page.getByRole("list", { name: "Summary" });
    await summary.getByText("1 node new").waitFor();
    await summary.getByText("1 node gone").waitFor();
    await page
      .getByRole("region", { name: "Lines that differ" })
      .getByText("core:", { exact: false })
      .first()
      .waitFor();
    expect(await looksOf(page, "versions")).toEqual([]);
    await button("Restore version 1").click();
    await node("r1").waitFor();
    await expect.poll(written).not.toContain("Backbone");
    await expect.poll(written).not.toContain("core");
    // What is not saved is not left without a question.
    const project = page.getByRole("link", { name: "draw", exact: true });
    await project.click();
    const question = page.getByRole("dialog", { name: "Leave what is not saved?" });
    await question.getByRole("button", { name: "Cancel" }).click();
    await question.waitFor({ state: "detached" });
    await node("r1").waitFor();
    await project.click();
    await question.getByRole("button", { name: "Leave" }).click();
    await page.getByRole("tab", { name: "Topologies (1)" }).click();
    await page.getByRole("link", { name: "triangle" }).waitFor();
    expect(await looksOf(page, "topologies")).toEqual([]);
  });

  it("has its settings beside the drawing, which does not move while a node is dragged", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.goto("/projects/draw/topologies/triangle");
    await node("r1").waitFor();
    await page.locator(".react-flow__pane").click({ position: { x: 10, y: 10 } });
    const settings = page.getByRole("complementary", { name: "Settings" });
    const picture = page.locator(".react-flow");
    const width = async () => (await picture.boundingBox())?.width ?? 0;
    const wide = await width();
    const [box, r2] = [await node("r1").boundingBox(), await place("r2")];
    if (box === null) throw new Error("r1 is not in the picture");
    await page.mouse.move(box.x + 20, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + 60, box.y + 40, { steps: 6 });
    await node("r1").and(page.locator(".selected")).waitFor();
    expect([await width(), await settings.count(), await place("r2")]).toEqual([wide, 0, r2]);
    await page.mouse.up();
    await settings.waitFor();
    await expect.poll(width).toBeLessThan(wide - 200);
    // By the keyboard, and a link, which has two ends.
    await page.keyboard.press("Escape");
    await expect.poll(width).toBe(wide);
    await node("r3").press("Enter");
    await settings.waitFor();
    await node("r3").click({ trial: true });
    // Fitted, all is beside the settings.
    await button("Fit View").click();
    for (const name of ["r1", "r2", "r3"]) await node(name).click({ trial: true });
  });

  it("is drawn in by fingers, on a tablet", async ({ skip }) => {
    skip(why !== undefined, why);
    const tablet = await server.page("light", undefined, { hasTouch: true, viewport: { width: 820, height: 1180 } });
    await tablet.goto("/projects/draw/topologies/tablet?new");
    await tablet.getByRole("button", { name: "Add a Host", exact: true }).tap();
    await tablet.getByRole("button", { name: "Add a Switch", exact: true }).tap();
    const box = (name: string) => nodeIn(tablet, name);
    await box("h1").tap();
    const [dot, goal] = [await box("h1").locator(".node-source").boundingBox(), await box("s1").boundingBox()];
    if (dot === null || goal === null) throw new Error("the nodes are not in the picture");
    // Targets that fingers hit (WCAG 2.2, 2.5.8).
    expect(Math.min(dot.width, dot.height)).toBeGreaterThanOrEqual(24);
    const fingers = await tablet.context().newCDPSession(tablet);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", x: number, y: number) =>
      fingers.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y }] });
    const [from, to] = [
      { x: dot.x + dot.width / 2, y: dot.y + dot.height / 2 },
      { x: goal.x + goal.width / 2, y: goal.y + goal.height / 2 },
    ];
    await touch("touchStart", from.x, from.y);
    for (let step = 1; step <= 8; step += 1)
      await touch("touchMove", from.x + ((to.x - from.x) * step) / 8, from.y + ((to.y - from.y) * step) / 8);
    await touch("touchEnd", to.x, to.y);
    await tablet.getByRole("group", { name: /^Link h1 eth0 to s1/ }).waitFor();
    await tablet.context().close();
    expect(server.complaints).toEqual([]);
  });
});
