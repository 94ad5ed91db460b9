import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCapture } from "../../src/testing/packets/index.ts";
import { barriers, noBrowser, nodeIn, openBrowser, picture, saidIn, watched } from "./browser.ts";
import { builtPages } from "./pages.ts";

/**
 * Somebody new, with the pages and nothing else: from `make demo-ui` to a triangle of routers with OSPF, drawn without
 * a word of YAML, which finds another way when a link is cut, and a capture to give away.
 */

const root = join(import.meta.dirname, "../..");
const why = noBrowser();
const complaints: string[] = [];
const said: string[] = [];
let folder: string;
let demo: ChildProcess;
let link: string;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  if (why !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), "nw-new-"));
  const pages = await builtPages(folder);
  demo = spawn(process.execPath, [join(root, "scripts/demo-ui.ts"), "--no-browser"], {
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own, as a terminal would give it.
    detached: true,
    env: { ...process.env, NETWRIGHT_PAGES_DIR: pages, TMPDIR: folder },
  });
  demo.stderr?.on("data", (data: Buffer) => said.push(String(data)));
  for await (const line of createInterface({ input: demo.stdout ?? process.stdin })) {
    said.push(line);
    link = /http:\S+/.exec(line)?.[0] ?? "";
    if (link !== "") break;
  }
  expect(link, said.join("\n")).toMatch(/^http:\/\/127\.0\.0\.1:/);
  demo.stdout?.on("data", (data: Buffer) => said.push(String(data)));
  demo.stdout?.resume();
  browser = await openBrowser(folder);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  if (demo?.exitCode === null) {
    const ended = once(demo, "exit");
    process.kill(-(demo.pid ?? 0), "SIGINT");
    await ended;
  }
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}, 60_000);

const node = (name: string) => nodeIn(page, name);
const links = () => page.locator(".react-flow__edge");
const shown = () => saidIn(page);

async function middle(a: string, b: string): Promise<{ readonly x: number; readonly y: number }> {
  const [first, second] = [await node(a).boundingBox(), await node(b).boundingBox()];
  if (first === null || second === null) throw new Error("the nodes are not in the picture");
  return { x: (first.x + second.x + first.width) / 2, y: (first.y + second.y + first.height) / 2 };
}

describe("somebody new", () => {
  it("comes in by the link of make demo-ui, and finds a lab that runs", async ({ skip }) => {
    skip(why !== undefined, why);
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, acceptDownloads: true });
    page = await watched(context, complaints);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(`${request.url()} ${JSON.stringify(request.headers())}`));
    await page.goto(link);
    await page.getByRole("link", { name: "triangle", exact: true }).waitFor();
    await page.getByRole("heading", { name: "Your labs" }).waitFor();
    await expect.poll(() => page.getByRole("tab").allTextContents()).toEqual(["Labs (1)", "Topologies (0)"]);
    await expect.poll(() => new URL(page.url()).pathname).toBe("/projects/local");
    // The secret is in no address that anybody but this page sees.
    const secret = new URL(link).hash.slice(1);
    expect(secret.length).toBeGreaterThan(40);
    expect(asked.filter((one) => one.split("#")[0]?.includes(secret))).toEqual([]);
    expect(page.url()).not.toContain(secret);
    await picture(page, "own-labs");
    expect(await barriers(page)).toEqual([]);
    // The link is of no use to anybody any more.
    const other = await watched(await browser.newContext(), complaints);
    await other.goto(link);
    await other.getByText("This link does not sign in any more").waitFor();
    await other.getByText("netwright ui").first().waitFor();
    await picture(other, "own-spent");
    // There is a way to another, and to its labs, from the command line.
    const typed = (word: string) => {
      const [line = ""] = said.filter((one) => one.endsWith(` ${word}`));
      return execFileSync("sh", ["-c", `${line} --no-browser`.replace("ps --no-browser", "ps")], { encoding: "utf8" });
    };
    expect(typed("ps")).toMatch(/^triangle +running/m);
    expect(new URL(/http:\S+/.exec(typed("ui"))?.[0] ?? "").host).toBe(new URL(link).host);
    expect(await barriers(other)).toEqual([]);
    await other.context().close();
  });

  it("draws a triangle of routers that speak OSPF, and deploys it", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.getByRole("button", { name: "New lab" }).click();
    await page.getByRole("menuitem", { name: "Draw a topology" }).click();
    await page.getByLabel("Name").fill("mine");
    await page.getByRole("button", { name: "Draw it" }).click();
    const canvas = page.locator(".react-flow__pane");
    await canvas.waitFor();
    for (const [name, x, y] of [
      ["r1", 260, 90],
      ["r2", 120, 330],
      ["r3", 400, 330],
    ] as const) {
      await page.getByRole("button", { name: "Add a Router" }).dragTo(canvas, { targetPosition: { x, y } });
      await node(name).waitFor();
      await page.getByLabel("routing").selectOption("ospf");
    }
    for (const [from, to] of [
      ["r1", "r2"],
      ["r2", "r3"],
      ["r3", "r1"],
    ] as const) {
      await node(from).click();
      await page.getByLabel("Link to").selectOption(to);
      await page.getByRole("button", { name: "Link", exact: true }).click();
      const place = await middle(from, to);
      await page.mouse.click(place.x, place.y);
      await page.getByRole("button", { name: /^Give both ends addresses of/ }).click();
    }
    await expect.poll(() => links().count()).toBe(3);
    await page.getByText("Nothing is wrong with this lab file.").waitFor();
    await picture(page, "own-drawn");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("version 1", { exact: true }).waitFor();
    // What is changed and not saved is saved when it is deployed, without a question.
    await node("r1").press("Enter");
    await node("r1").press("ArrowUp");
    await page.getByText("version 1, changed").waitFor();
    await page.getByRole("button", { name: "Deploy" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Deploy" }).click();
    await expect.poll(() => node("r1").getAttribute("aria-label")).toBe("Router r1, runs");
  });

  it("sees it find another way when a link is cut, captures that, and keeps the file", async ({ skip }) => {
    skip(why !== undefined, why);
    const ask = async (command: string, answer: RegExp) => {
      await page.keyboard.type(`clear; ${command}\n`);
      await expect.poll(shown).toMatch(answer);
    };
    await node("r1").dblclick();
    await expect.poll(shown).toMatch(/r1.*#/);
    // To the network between the others there are two ways, and one of them goes.
    await ask("until ip route show 10.0.2.0/24 | grep -c nexthop; do sleep 0.2; done; echo ways found", /^ways found/m);
    const place = await middle("r3", "r1");
    await page.mouse.click(place.x, place.y, { button: "right" });
    await page.getByRole("menuitem", { name: "Capture" }).click();
    // Hellos pass all the time.
    await page
      .getByRole("option", { name: /ospf|89/i })
      .first()
      .waitFor();
    const cut = await middle("r1", "r2");
    await page.mouse.click(cut.x, cut.y, { button: "right" });
    await page.getByRole("menuitem", { name: "Cut the link" }).click();
    await page.locator(".link[data-cut]").waitFor({ state: "attached" });
    await page.getByRole("tab", { name: "r1", exact: true }).click();
    await ask(
      "until ip route show 10.0.2.0/24 | grep -q '^10.*via 10.0.3.1'; do sleep 0.2; done; echo found",
      /^found/m,
    );
    await ask("vtysh -c 'show ip route ospf'", /O>\* 10\.0\.2\.0\/24 .*via 10\.0\.3\.1, eth1/);
    // The other end finds the way back in a time of its own.
    await ask("until ping -c 2 -W 5 10.0.2.1 | grep '2 received'; do sleep 0.2; done", /, 2 received/);
    await picture(page, "own-rerouted");
    await page.getByRole("tab", { name: /^Capture: / }).click();
    await page
      .getByRole("option", { name: /icmp echo-request/ })
      .first()
      .click();
    const downloaded = async () => {
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download pcapng" }).click(),
      ]);
      expect(file.suggestedFilename()).toMatch(/\.pcapng$/);
      return parseCapture(await readFile(await file.path())).packets;
    };
    // What is on its way to the page is not in it yet.
    await expect
      .poll(async () => (await downloaded()).filter((packet) => packet.icmp !== undefined).length, { interval: 500 })
      .toBeGreaterThanOrEqual(4);
    expect((await downloaded()).some((packet) => packet.ipv4?.protocol === 89)).toBe(true);
    expect(complaints).toEqual([]);
  });

  it("ends it by Ctrl-C, and nothing is left", async ({ skip }) => {
    skip(why !== undefined, why);
    const ended = once(demo, "exit");
    process.kill(-(demo.pid ?? 0), "SIGINT");
    expect(await ended).toEqual([0, null]);
    // What it has said comes by a pipe of its own.
    await expect.poll(() => said.join("\n")).toMatch(/Take mine down.*done/s);
    expect((await readdir(folder)).filter((name) => name.startsWith("netwright-demo-"))).toEqual([]);
    expect(existsSync(join(root, "examples/ospf-triangle/run"))).toBe(false);
  });
});
