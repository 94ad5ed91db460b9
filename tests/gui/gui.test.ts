import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCapture } from "../../src/testing/packets/index.ts";
import { ask, barriers, GuiServer, noBrowser, nodeIn, picture, saidIn, writtenIn } from "./browser.ts";
import { looksOf } from "./looks.ts";

/** The pages in a browser, from an empty server to a lab that has been and gone. */

const why = noBrowser();
let server: GuiServer;
let page: Page;
/** Of somebody else. */
let other: Page;

beforeAll(async () => {
  if (why === undefined) server = await GuiServer.start();
}, 120_000);
afterAll(() => server?.[Symbol.asyncDispose]());

const node = (name: string) => nodeIn(page, name);
const link = () => page.locator(".react-flow__edge");

const said = () => saidIn(page);
/** To who does not see it, too. */
const isSaid = (of: Page, text: string) =>
  of.getByRole("status").getByText(text, { exact: true }).waitFor({ state: "attached" });
const written = () => writtenIn(page);

async function clickLink(button: "left" | "right"): Promise<void> {
  const [a, b] = [await node("h1").boundingBox(), await node("h2").boundingBox()];
  if (a === null || b === null) throw new Error("the nodes are not in the picture");
  await page.mouse.click((a.x + b.x + a.width) / 2, (a.y + b.y + a.height) / 2, { button });
}

async function drag(from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x - 20, to.y - 8, { steps: 6 });
  await page.mouse.move(to.x, to.y, { steps: 3 });
  await page.mouse.up();
}

/** Where the nodes of a picture stand, in its own measure. */
const placesIn = async (of: Page) =>
  Object.fromEntries(
    await Promise.all(
      ["h1", "h2", "h3"].map(async (name) => {
        const style = (await nodeIn(of, name).getAttribute("style")) ?? "";
        return [
          name,
          ["left", "top"].map((side) => Math.round(Number(new RegExp(`${side}: (-?[\\d.]+)px`).exec(style)?.[1]))),
        ];
      }),
    ),
  );

describe("the pages", () => {
  it("sign in, refuse who may not, and make a project", async ({ skip }) => {
    skip(why !== undefined, why);
    page = await server.page();
    // What came by the network for it, compressed, without what is asked of the API.
    const loaded = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter(({ name }) => !name.includes("/api/"))
        .reduce((sum, entry) => sum + (entry as unknown as { encodedBodySize: number }).encodedBodySize, 0),
    );
    expect(loaded).toBeGreaterThan(100_000);
    expect(loaded).toBeLessThan(350_000);
    await page.getByRole("button", { name: "New project" }).click();
    await page.getByLabel("Name").fill("demo");
    await page.getByRole("button", { name: "Make project" }).click();
    await page.getByText("No labs yet").waitFor();
    await picture(page, "project");
    expect(await barriers(page)).toEqual([]);
  });

  it("draw two hosts and a link, and give them addresses", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.getByRole("button", { name: "Draw a topology" }).click();
    // It has a name already; another may be typed over it.
    await expect.poll(() => page.getByLabel("Name").inputValue()).toBe("network");
    await page.getByLabel("Name").fill("pair");
    await page.getByRole("button", { name: "Draw it" }).click();
    const canvas = page.locator(".react-flow__pane");
    await canvas.waitFor();
    const host = page.getByRole("button", { name: "Add a Host" });
    await host.dragTo(canvas, { targetPosition: { x: 120, y: 130 } });
    await node("h1").waitFor();
    await host.dragTo(canvas, { targetPosition: { x: 420, y: 330 } });
    await node("h2").waitFor();
    await page.getByRole("button", { name: "Close the settings" }).click();
    await node("h1").hover();
    const [dot, goal] = [await node("h1").locator(".node-source").boundingBox(), await node("h2").boundingBox()];
    if (dot === null || goal === null) throw new Error("the nodes are not in the picture");
    await drag({ x: dot.x + 7, y: dot.y + 7 }, { x: goal.x + 30, y: goal.y + 25 });
    await link().waitFor({ state: "attached" });
    await clickLink("left");
    await page.getByRole("button", { name: /^Give both ends addresses of 10\.0\.1\.0/ }).click();
    const file = page.locator(".cm-content");
    await expect.poll(written).toContain("subnet: 10.0.1.0/24");
    await page.getByText("Nothing is wrong with this lab file.").waitFor();

    // The other way: what is written is drawn, and what is wrong is said on the spot.
    await file.click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("  - [h1, h9]");
    await page.getByText(/h9/).and(page.locator(".finding span")).first().waitFor();
    await page.keyboard.press("Control+z");
    await page.getByText("Nothing is wrong with this lab file.").waitFor();
    await picture(page, "editor");
    expect(await barriers(page)).toEqual([]);
    // The first version is saved without a question, and the address is then that of a topology that is there.
    expect(new URL(page.url()).search).toBe("?new");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("version 1", { exact: true }).waitFor();
    expect(new URL(page.url()).search).toBe("");
  });

  it("deploy it, ping in a terminal, and cut and capture the link", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.getByRole("button", { name: "Deploy" }).click();
    await page.getByLabel("Name of the lab").fill("first");
    await page.getByRole("button", { name: "Deploy" }).last().click();
    await node("h1").waitFor();
    await expect.poll(() => node("h1").getAttribute("aria-label")).toBe("Host h1, runs");
    await node("h1").dblclick();
    await expect.poll(said).toMatch(/h1.*#/);
    await page.keyboard.type("ping -c 2 10.0.1.2\n");
    await expect.poll(said).toMatch(/2 packets transmitted, 2 received/);
    await picture(page, "terminal");

    await clickLink("right");
    await page.getByRole("menuitem", { name: "Capture" }).click();
    // Neighbours that are looked for again may pass meanwhile.
    await page
      .getByText("No packets yet")
      .or(page.getByRole("listbox", { name: "Packets" }).getByRole("option"))
      .first()
      .waitFor();
    await page.getByRole("tab", { name: "h1", exact: true }).click();
    await page.keyboard.type("clear; ping -c 3 10.0.1.2\n");
    await expect.poll(said).toMatch(/3 received/);
    await page.getByRole("tab", { name: /^Capture: / }).click();
    await page
      .getByRole("option", { name: /icmp echo-request/ })
      .first()
      .click();
    await page.locator(".packet-detail").getByText("ipv4", { exact: true }).waitFor();
    for (const text of ["type: 0x0800 (IPv4)", "protocol: ICMP (1)"])
      await page.locator(".packet-detail").getByText(text).waitFor();
    await picture(page, "capture");
    // At one end each packet is there once; at both, twice.
    const requests = page.getByRole("option", { name: /icmp echo-request/ });
    await page.getByLabel("Show only").fill("icmp request");
    await expect.poll(() => requests.count()).toBe(3);
    await page.getByLabel("At which end").selectOption("both ends, each packet twice");
    await expect.poll(() => requests.count()).toBe(6);
    await page.getByLabel("Show only").fill("");
    const downloaded = async () => {
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download pcapng" }).click(),
      ]);
      const { packets } = parseCapture(await readFile(await file.path()));
      return packets.filter((packet) => packet.icmp !== undefined).length;
    };
    // What is on its way to the page is not in it yet.
    await expect.poll(downloaded, { interval: 500 }).toBeGreaterThanOrEqual(6);

    await clickLink("right");
    await page.getByRole("menuitem", { name: "Cut the link" }).click();
    await page.locator(".link[data-cut]").waitFor({ state: "attached" });
    await expect.poll(() => link().getAttribute("aria-label")).toMatch(/^Link h1 eth0 to h2 eth0, cut$/);
    await page.getByRole("tab", { name: "h1", exact: true }).click();
    await page.keyboard.type("clear; ping -c 1 -W 1 10.0.1.2; cat /sys/class/net/eth0/carrier\n");
    await expect.poll(said).toMatch(/0 received(?:.|\n)*\n0\s*\n/);
    await page.getByRole("tab", { name: "Events" }).click();
    await page.getByText("link.down").waitFor();
    await picture(page, "lab");
    expect(await barriers(page)).toEqual([]);
  });

  it("show another person the same, and change the lab while it runs", async ({ skip }) => {
    skip(why !== undefined, why);
    const grace = { name: "grace", password: "grace's password" };
    await ask(page, "POST", "/users", { ...grace, displayName: "Grace Hopper" });
    await ask(page, "PUT", "/projects/demo/members/grace", { role: "operator" });
    other = await server.page("dark", grace);
    await other.goto("/projects/demo/labs/first");
    await isSaid(other, "admin is here too");
    await isSaid(page, "Grace Hopper is here too");
    expect(await page.locator(".other").allTextContents()).toEqual(["GH"]);
    await page.getByRole("img", { name: "Grace Hopper" }).hover();
    await page.getByRole("tooltip", { name: "Grace Hopper" }).waitFor();
    await other.locator(".link[data-cut]").waitFor({ state: "attached" });
    await clickLink("right");
    await page.getByRole("menuitem", { name: "Plug it in again" }).click();
    await other.locator(".link[data-cut]").waitFor({ state: "detached" });
    await picture(other, "lab-dark");
    expect(await barriers(other)).toEqual([]);

    // What was changed past the lab file is in the text all the same, and an apply leaves it.
    const lab = "/projects/demo/labs/first";
    const changes = () => ask(page, "GET", `${lab}/link-changes`);
    await ask(page, "POST", `${lab}/links`, { endpoints: ["h1", "h2"], subnet: "10.0.99.0/30" });
    expect(await changes()).toEqual({
      added: [{ endpoints: ["h1:eth1", "h2:eth1"], subnet: "10.0.99.0/30" }],
      removed: [],
    });
    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByText("Added while the lab ran, and put into this text: h1:eth1 — h2:eth1.").waitFor();
    await expect.poll(written).toContain("- { endpoints: [h1:eth1, h2:eth1], subnet: 10.0.99.0/30 }");
    await page.getByText("as it runs").waitFor();
    await picture(page, "unwritten");
    await page.getByRole("button", { name: "Show changes" }).click();
    await page.getByText("Nothing of what runs changes; the text is kept.").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Add a Host" }).click();
    await page.getByLabel("Link to").selectOption("h1");
    await page.getByRole("button", { name: "Link", exact: true }).click();
    await page.getByRole("button", { name: "Show changes" }).click();
    await page.getByText(/\+ node\.create h3 \(host\)/).waitFor();
    const drawn = await placesIn(page);
    expect(Object.values(drawn).flat().every(Number.isFinite)).toBe(true);
    await expect.poll(() => page.getByText(/link\.disconnect|interface\.remove/).count()).toBe(0);
    await page.getByRole("button", { name: "Apply" }).click();
    await node("h3").waitFor();
    // The lab's own page again: it is applied.
    await page.getByRole("link", { name: "Edit" }).waitFor();
    await expect.poll(changes).toEqual({ added: [], removed: [] });
    // All stand where they were drawn, for the other person too, and when the page is loaded again.
    await nodeIn(other, "h3").waitFor();
    await other.reload();
    await nodeIn(other, "h3").waitFor();
    await expect.poll(async () => [await placesIn(page), await placesIn(other)]).toEqual([drawn, drawn]);

    // Nodes that are only moved are kept, too, and nothing of the lab changes. Moved back, there is nothing to keep.
    await page.getByRole("link", { name: "Edit" }).click();
    await node("h3").press("Enter");
    for (let step = 0; step < 9; step += 1) await node("h3").press("ArrowDown");
    await page.getByText("not applied").waitFor();
    await page.getByRole("button", { name: "Undo", exact: true }).click();
    await page.getByText("as it runs").waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Show changes" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Redo", exact: true }).click();
    await page.getByRole("button", { name: "Show changes" }).click();
    await page.getByText("Nothing of what runs changes; the drawing is kept.").waitFor();
    const redrawn = await placesIn(page);
    expect(redrawn["h3"]?.[1]).toBeGreaterThan(drawn["h3"]?.[1] ?? 0);
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByRole("link", { name: "Edit" }).waitFor();
    await other.reload();
    await nodeIn(other, "h3").waitFor();
    await expect.poll(async () => [await placesIn(page), await placesIn(other)]).toEqual([redrawn, redrawn]);
  });

  it("tell who else draws, and at once what they save", async ({ skip }) => {
    skip(why !== undefined, why);
    const button = (of: Page, name: string) => of.getByRole("button", { name, exact: true });
    const told = (of: Page, text: string) => of.getByRole("alert").getByText(text, { exact: true }).waitFor();
    const isVersion = (of: Page, text: string) => of.getByText(text, { exact: true }).waitFor();
    for (const one of [page, other]) {
      await one.goto("/projects/demo/topologies/pair");
      await isVersion(one, "version 1");
    }
    await isSaid(page, "Grace Hopper is here too");
    await isSaid(other, "admin is here too");
    await button(page, "Add a Host").click();
    await node("h3").waitFor();
    await button(other, "Add a Router").click();
    await nodeIn(other, "r1").waitFor();
    await button(other, "Save").click();
    await other.getByLabel("What has changed").fill("A way out");
    await button(other, "Save as version 2").click();
    await told(page, "Grace Hopper saved version 2: “A way out”. What you have changed is still here.");
    await isVersion(other, "version 2");
    expect(await other.getByRole("alert").count()).toBe(0);
    expect(await looksOf(page, "newer")).toEqual([]);

    await button(page, "Look at the differences").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("From version 2 to what is in the editor").waitFor();
    await expect
      .poll(() => dialog.getByRole("list", { name: "Summary" }).getByRole("listitem").allTextContents())
      .toEqual(["1 node newh3", "1 node goner1"]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    // It takes the place of what is here, which undoing brings back, to be saved over it.
    await button(page, "Take it").click();
    await node("r1").waitFor();
    await isVersion(page, "version 2");
    for (const gone of [node("h3"), page.getByRole("alert")]) await gone.waitFor({ state: "detached" });
    await button(page, "Undo").click();
    await node("h3").waitFor();
    await isVersion(page, "version 2, changed");
    await button(page, "Save").click();
    await button(page, "Save as version 3").click();
    await isVersion(page, "version 3");

    // Whoever goes on all the same is asked again before anything of the other's is saved over.
    await told(other, "admin saved version 3.");
    await button(other, "Go on with mine").click();
    await other.getByRole("alert").waitFor({ state: "detached" });
    await button(other, "Add a Host").click();
    await nodeIn(other, "h3").waitFor();
    await button(other, "Save").click();
    await button(other, "Save as version 4").click();
    await other.getByText(/^admin saved version 3\. Your changes are still here\./).waitFor();
    await button(other, "Save mine as the newest").click();
    await isVersion(other, "version 4");
    await told(page, "Grace Hopper saved version 4.");

    // So it is with a lab that runs: theirs is taken, mine brought back, and applied over it as the plan says.
    for (const one of [page, other]) {
      await one.goto("/projects/demo/labs/first/edit");
      await isVersion(one, "as it runs");
    }
    await isSaid(page, "Grace Hopper is here too");
    await button(page, "Add a Host").click();
    await node("h4").waitFor();
    await button(other, "Add a Switch").click();
    await nodeIn(other, "s1").waitFor();
    await button(other, "Show changes").click();
    await button(other, "Apply").click();
    await other.getByRole("link", { name: "Edit" }).waitFor();
    await told(page, "Lab first was changed by grace. What you have changed is still here.");
    await button(page, "Take it").click();
    await node("s1").waitFor();
    await isVersion(page, "as it runs");
    for (const gone of [node("h4"), page.getByRole("alert")]) await gone.waitFor({ state: "detached" });
    await button(page, "Undo").click();
    await node("h4").waitFor();
    await isVersion(page, "not applied");
    await button(page, "Show changes").click();
    await page.getByText(/^\+ node\.create h4 \(host\)/m).waitFor();
    await page
      .getByText(/^- .*\bs1\b/m)
      .first()
      .waitFor();
    await button(page, "Apply").click();
    await page.getByRole("link", { name: "Edit" }).waitFor();
    await node("h4").waitFor();
    await nodeIn(other, "h4").waitFor();
    await other.context().close();
    await page.locator(".other").waitFor({ state: "detached" });
  });

  it("delete it", async ({ skip }) => {
    skip(why !== undefined, why);
    const dialog = page.getByRole("dialog");
    // What was applied since is in no topology: that is told, and can be mended.
    const remove = page.getByRole("button", { name: "Delete lab first" });
    await remove.click();
    await dialog.getByText("It differs from version 1 of topology pair").waitFor();
    await dialog.getByLabel("Save it as version 5 of topology pair first").waitFor();
    await dialog.getByText(/^grace saved version 4 since the lab came from version 1/).waitFor();
    await picture(page, "delete");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByRole("button", { name: "Add a Host" }).click();
    await page.getByRole("button", { name: "Show changes" }).click();
    await dialog.getByLabel("Also save it as version 5 of topology pair").check();
    await picture(page, "apply-and-save");
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: "Apply" }).click();
    await node("h4").waitFor();
    const saved = (await ask(page, "GET", "/projects/demo/topologies/pair")) as { version: number; text: string };
    expect([saved.version, saved.text.includes("h4:")]).toEqual([5, true]);
    await page.getByRole("link", { name: "Edit" }).waitFor();
    await remove.click();
    await dialog.getByText("Topologies stay: the lab is as version 5 of topology pair says.").waitFor();
    expect(await dialog.getByRole("checkbox").count()).toBe(0);
    await page.getByRole("button", { name: "Delete lab", exact: true }).click();
    await page.getByText("No labs yet").waitFor();
  });

  it("deploy examples and lab files, which are kept as topologies, and tell of one that is not there", async ({
    skip,
  }) => {
    skip(why !== undefined, why);
    const topologies = async () => {
      const { items } = (await ask(page, "GET", "/projects/demo/topologies")) as { items: { name: string }[] };
      return items.map(({ name }) => name);
    };
    await page.getByRole("button", { name: "Deploy the example Two hosts" }).click();
    await node("h2").waitFor();
    const [h1, h2] = [await node("h1").boundingBox(), await node("h2").boundingBox()];
    expect(h1?.x).toBeLessThan(h2?.x ?? 0);
    await expect.poll(() => page.locator(".link-name").allTextContents()).toEqual(["eth0", "eth0"]);
    expect(await looksOf(page, "example")).toEqual([]);
    expect(await topologies()).toEqual(["hello", "pair"]);
    expect(await ask(page, "GET", "/projects/demo/topologies/hello")).toMatchObject({
      text: expect.stringMatching(/^# Two hosts/),
    });
    // Where there are labs, too; the same example is the same topology.
    const choose = async (way: string) => {
      await page.goto("/projects/demo");
      await page.getByRole("button", { name: "New lab" }).click();
      await page.getByRole("menuitem", { name: way }).click();
    };
    await choose("Two hosts");
    await page.waitForURL("**/labs/hello-2");
    expect(await topologies()).toEqual(["hello", "pair"]);
    const offer = async (text: string) => {
      const [chooser] = await Promise.all([page.waitForEvent("filechooser"), choose("Deploy a lab file")]);
      await chooser.setFiles({ name: "My Office.yaml", mimeType: "text/yaml", buffer: Buffer.from(text) });
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: "Deploy" }).click();
      return dialog;
    };
    const dialog = await offer("nodes: { h1: { kind: nonsense } }\n");
    expect(await dialog.getByLabel("Name of the lab").inputValue()).toBe("my-office");
    await dialog.getByRole("alert").waitFor();
    // What could not be deployed leaves nothing.
    expect(await topologies()).toEqual(["hello", "pair"]);
    await offer("name: tiny\nnodes: { h7: {} }\n");
    await page.waitForURL("**/labs/tiny");
    await node("h7").waitFor();
    expect(await topologies()).toEqual(["hello", "pair", "tiny"]);
    await page.goto("/projects/demo");
    await page.getByRole("cell", { name: "tiny, version 1" }).waitFor();
    expect(await looksOf(page, "labs")).toEqual([]);
    for (const lab of ["hello", "hello-2", "tiny"]) await ask(page, "DELETE", `/projects/demo/labs/${lab}`);
    await page.goto("/projects/demo/topologies/nope");
    await page.getByText("There is no such topology").waitFor();
    expect(await looksOf(page, "no-topology")).toEqual([]);
    await page.getByRole("link", { name: "Draw it" }).click();
    await page.getByText("not saved yet").waitFor();
  });

  it("sign out", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.getByRole("button", { name: /admin/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    expect(await barriers(page)).toEqual([]);
    expect(server.complaints).toEqual([]);
  });
});
