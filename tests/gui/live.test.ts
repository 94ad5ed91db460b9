import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, barriers, GuiServer, noBrowser, nodeIn, picture, saidIn, writtenIn } from "./browser.ts";

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
processes:
  speaker: { node: h3, command: [sh, -c, "echo said before it was stopped; exec ping -q 10.0.2.2"] }
drawing:
  notes: [{ text: Spare machines, at: [330, 250] }]
  groups: [{ title: Till, nodes: [h1, h2] }]
  places: { h1: [0, 0], h2: [200, 0], h3: [0, 160], h4: [200, 160] }
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
  await node("h1").waitFor();
}, 120_000);
afterAll(async () => {
  if (why !== undefined) return;
  await ask(page, "DELETE", "/projects/demo/labs/live").catch(() => undefined);
  await server[Symbol.asyncDispose]();
});

const node = (name: string, of = page) => nodeIn(of, name);
const menu = async (name: string, item: string, of = page) => {
  await node(name, of).click({ button: "right" });
  await of.getByRole("menuitem", { name: item }).click();
};

describe("a lab that runs", () => {
  it("is drawn as its file says, under its own name, and fitted again where the window becomes narrow", async ({
    skip,
  }) => {
    skip(why !== undefined, why);
    const middle = async (name: string) => {
      const box = await node(name).boundingBox();
      return { x: (box?.x ?? 0) + (box?.width ?? 0) / 2, y: (box?.y ?? 0) + (box?.height ?? 0) / 2 };
    };
    const drawn = async () => [await middle("h1"), await middle("h2"), await middle("h3")] as const;
    // It is fitted into its frame when that has its size.
    await expect
      .poll(async () => {
        const [before, after] = [await drawn(), await drawn()];
        return JSON.stringify(before) === JSON.stringify(after) && before[1].x > before[0].x;
      })
      .toBe(true);
    const [h1, h2, h3] = await drawn();
    expect([h1.y - h2.y, h1.x - h3.x].map(Math.round)).toEqual([0, 0]);
    expect((h2.x - h1.x) / (h3.y - h1.y)).toBeCloseTo(200 / 160, 1);
    await page.getByText("Spare machines").waitFor();
    const box = async (of: string) => {
      const { x = 0, y = 0, width = 0, height = 0 } = (await page.locator(of).boundingBox()) ?? {};
      return { left: x, right: x + width, top: y, bottom: y + height };
    };
    const frame = await box(".group-frame");
    expect([frame.left < h1.x, frame.right > h2.x, frame.top < h1.y, frame.bottom < h3.y]).not.toContain(false);
    await page.getByRole("log", { name: "Events" }).getByText("Lab live runs").waitFor();
    await picture(page, "drawn");
    const outside = async () => {
      const [{ left, right }, at] = [await box(".react-flow"), await Promise.all(["h1", "h2", "h3", "h4"].map(middle))];
      return at.filter(({ x }) => x < left || x > right).length;
    };
    await page.setViewportSize({ width: 420, height: 720 });
    await expect.poll(outside).toBe(0);
    // Where somebody has moved the picture, it stays.
    await page.setViewportSize({ width: 1280, height: 720 });
    await expect.poll(async () => Math.abs((await middle("h1")).x - h1.x)).toBeLessThan(2);
    const { left, top } = await box(".react-flow");
    await page.mouse.move(left + 60, top + 120);
    await page.mouse.down();
    await page.mouse.move(left + 160, top + 120, { steps: 4 });
    await page.mouse.up();
    await expect.poll(async () => (await middle("h1")).x - h1.x).toBeGreaterThan(50);
    await page.setViewportSize({ width: 1180, height: 720 });
    await page.getByRole("button", { name: "Fit View" }).click();
    await page.setViewportSize({ width: 1280, height: 720 });
    await expect.poll(async () => Math.abs((await middle("h1")).x - h1.x)).toBeLessThan(2);
  });

  it("can be read at once, at a small screen with the panel below open, with nothing under the tools", async ({
    skip,
  }) => {
    skip(why !== undefined, why);
    const other = await page.context().newPage();
    const leaves = Array.from({ length: 5 }, (_, index) => `leaf${index + 1}`);
    const hosts = leaves.flatMap((leaf) => [`${leaf}-a`, `${leaf}-b`].slice(0, leaf === "leaf1" ? 1 : 2));
    const links = [
      ...leaves.flatMap((leaf) => [["spine", leaf]]),
      ...hosts.map((host) => [host.replace(/-.$/, ""), host]),
    ];
    const names = ["spine", ...leaves, ...hosts];
    expect(names).toHaveLength(15);
    // Drawn by nobody, and drawn higher than the picture, with a node in the corner where the tools are.
    const places = Object.fromEntries(
      names.map((name, index) => [name, [(index % 5) * 400, Math.floor(index / 5) * 260]]),
    );
    for (const drawing of [{}, { drawing: { places } }]) {
      const text = JSON.stringify({ nodes: Object.fromEntries(names.map((name) => [name, null])), links, ...drawing });
      await ask(other, "POST", "/projects/demo/labs", { name: "fifteen", text });
      await other.goto("/projects/demo/labs/fifteen");
      await node("leaf5-b", other).waitFor();
      // In pixels of the screen: the smallest name, what of a node is outside, and what is under the tools.
      const looks = () =>
        other.evaluate(`(() => {
          const boxes = (of) => [...document.querySelectorAll(of)].map((one) => one.getBoundingClientRect());
          const [picture] = boxes(".react-flow");
          const tools = boxes(".live-tools > *").filter(({ width }) => width > 0);
          const nodes = boxes(".node");
          const zoom = nodes[0].width / document.querySelector(".node").offsetWidth;
          const sizes = [...document.querySelectorAll(".node-name")].map((one) => parseFloat(getComputedStyle(one).fontSize));
          return {
            isLegible: Math.min(...sizes) * zoom >= 10.9,
            cut: [...document.querySelectorAll(".node-name")].filter((one) => one.scrollWidth > one.offsetWidth).length,
            outside: nodes.filter((one) => one.left < picture.left || one.right > picture.right || one.top < picture.top || one.bottom > picture.bottom).length,
            covered: nodes.filter((one) => tools.some((tool) => one.left < tool.right && one.right > tool.left && one.top < tool.bottom && one.bottom > tool.top)).length,
          };
        })()`);
      await expect.poll(looks).toEqual({ isLegible: true, cut: 0, outside: 0, covered: 0 });
      await picture(other, `fifteen-${"drawing" in drawing ? "drawn" : "found"}`);
      await ask(other, "DELETE", "/projects/demo/labs/fifteen");
      await expect
        .poll(() => ask(other, "GET", "/projects/demo/labs").then((list) => JSON.stringify(list)))
        .not.toContain("fifteen");
    }
    await other.close();
  });

  it("shows details beside the picture, where what they are of stays in sight", async ({ skip }) => {
    skip(why !== undefined, why);
    const inside = async (name: string) => {
      const [box, picture] = [await node(name).boundingBox(), await page.locator(".react-flow").boundingBox()];
      if (box === null || picture === null) return false;
      return (
        box.x >= picture.x &&
        box.x + box.width <= picture.x + picture.width &&
        box.y >= picture.y &&
        box.y + box.height <= picture.y + picture.height
      );
    };
    const details = page.getByRole("complementary", { name: "Details" });
    for (const viewport of [
      { width: 1280, height: 720 },
      { width: 820, height: 1180 },
      { width: 420, height: 720 },
    ]) {
      await page.setViewportSize(viewport);
      await page.getByRole("button", { name: "Fit View" }).click();
      // To the edge, where the details will be.
      const [box, picture] = [await node("h4").boundingBox(), await page.locator(".react-flow").boundingBox()];
      if (box === null || picture === null) throw new Error("h4 is not in the picture");
      await page.mouse.move(picture.x + picture.width / 2, picture.y + 90);
      await page.mouse.down();
      const right = picture.x + picture.width / 2 + picture.x + picture.width - box.x - box.width - 8;
      await page.mouse.move(right, picture.y + 90, { steps: 4 });
      await page.mouse.up();
      await node("h4").click();
      await details.waitFor();
      await expect.poll(() => inside("h4")).toBe(true);
      // And it can be reached there.
      await node("h4").click({ trial: true });
      const before = await node("h4").boundingBox();
      await details.getByRole("button", { name: "Close the details" }).click();
      await details.waitFor({ state: "detached" });
      // What was looked at stays where it was found.
      expect(await node("h4").boundingBox()).toEqual(before);
    }
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.getByRole("button", { name: "Fit View" }).click();
  });

  it("is watched in two tabs with eight captures, and the pages still answer", async ({ skip }) => {
    skip(why !== undefined, why);
    const other = await page.context().newPage();
    await other.goto("/projects/demo/labs/live");
    for (const tab of [page, other]) {
      await node("h1", tab).waitFor();
      for (let count = 0; count < 4; count += 1) await menu("h1", "Capture eth0", tab);
      await tab
        .getByRole("tab", { name: /^Capture: / })
        .nth(3)
        .waitFor();
      await tab.locator(".packets").nth(3).waitFor();
      await expect.poll(() => tab.getByText("The capture is being started").count()).toBe(0);
    }
    await menu("h2", "Open a terminal", other);
    await expect.poll(() => saidIn(other)).toMatch(/h2.*#/);
    await other.keyboard.type("ping -c 2 10.0.1.1\n");
    await expect.poll(() => saidIn(other)).toMatch(/2 received/);
    for (const tab of [page, other])
      await expect
        .poll(() => tab.locator(".capture-tools").getByRole("status", { includeHidden: true }).allTextContents())
        .toSatisfy(
          (texts: readonly string[]) => texts.length === 4 && texts.every((text) => Number.parseInt(text, 10) >= 4),
        );
    await page.getByLabel("Show only").last().fill("icmp !reply");
    await page
      .getByRole("option", { name: /echo-request/ })
      .first()
      .waitFor();
    // Until the filter is in force, both are there.
    await expect.poll(() => page.getByRole("option", { name: /echo-reply/ }).count()).toBe(0);
    await picture(page, "captures");
    await other.close();
  });

  it("takes 100,000 packets, tells how many were lost, and finds and shows any of the others", async ({ skip }) => {
    skip(why !== undefined, why);
    // Without the captures that are open.
    await page.reload();
    await node("h1").waitFor();
    const other = await page.context().newPage();
    await other.goto("/projects/demo/labs/live");
    await menu("h2", "Open a terminal", other);
    await expect.poll(() => saidIn(other)).toMatch(/h2.*#/);
    await menu("h1", "Capture eth0");
    const pane = page.getByRole("tabpanel").filter({ visible: true });
    const list = pane.getByRole("listbox", { name: "Packets" });
    await list.waitFor();
    await expect.poll(() => pane.getByText("The capture is being started").count()).toBe(0);
    await other.keyboard.type("ping -f -q -c 50000 10.0.1.1\n");
    await expect.poll(() => saidIn(other)).toMatch(/50000 received/);
    await other.close();
    const status = pane.getByRole("status");
    const counts = async () => ((await status.textContent()) ?? "").match(/\d+/g)?.map(Number) ?? [];
    // What is not there is told of.
    await expect
      .poll(async () => (await counts()).reduce((sum, count) => sum + count, 0))
      .toBeGreaterThanOrEqual(100_000);
    const [all = 0] = await counts();
    await list.press("Home");
    await list.press("End");
    await pane.getByRole("region", { name: /^Packet \d/ }).waitFor();
    const last = Number((await pane.locator(".packet-detail").getAttribute("aria-label"))?.split(" ").at(1));
    expect(last).toBeGreaterThanOrEqual(all);
    // Of many, those are in the page that are seen.
    await expect.poll(() => list.getByRole("option").count()).toBeLessThan(100);
    await pane.getByLabel("Show only").fill("icmp !request");
    await expect.poll(async () => (await counts())[0]).toBeGreaterThan(all * 0.4);
    await list.press("Home");
    await list.getByRole("option", { name: /echo-reply/, selected: true }).waitFor();
    await expect.poll(() => list.getByRole("option", { name: /echo-request/ }).count()).toBe(0);
    await picture(page, "many-packets");
    await pane.getByRole("button", { name: "Stop" }).click();
    await expect.poll(() => status.textContent()).toMatch(/ended/);
    await page.getByRole("button", { name: /^Close Capture/ }).click();
  });

  it("keeps its shells through breaks of the network and when the page is loaded again", async ({ skip }) => {
    skip(why !== undefined, why);
    await menu("h1", "Open a terminal");
    await expect.poll(() => saidIn(page)).toMatch(/h1.*#/);
    await page.keyboard.type("mine=kept; i=0; while sleep 0.1; do i=$((i+1)); echo tick $i.; done &\n");
    await expect.poll(() => saidIn(page)).toContain("tick 3.");
    await page.context().setOffline(true);
    await page.getByText("Connection lost").waitFor();
    await page.locator(".server-lost").waitFor();
    await picture(page, "offline");
    await page.context().setOffline(false);
    await page.getByText("Connection lost").waitFor({ state: "detached" });
    await page.locator(".server-lost").waitFor({ state: "detached" });
    await page.keyboard.type("kill %1; echo $mine\n");
    await expect.poll(() => saidIn(page)).toMatch(/\nkept/);
    await page.reload();
    await expect.poll(() => saidIn(page)).toMatch(/\nkept/);
    // Nothing that was said meanwhile is missing.
    await page.keyboard.press("Control+Shift+F");
    await page.getByLabel("Find in the terminal of h1").fill("tick 3.");
    await page.keyboard.press("Enter");
    await expect.poll(() => saidIn(page)).toMatch(/tick 1\.\s*\ntick 2\.\s*\ntick 3\.\s*\ntick 4\.\s*\ntick 5\./);
    await page.keyboard.press("Escape");
  });

  it("splits terminals, copies and pastes, and takes files that are dropped", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Split side by side" }).click();
    await page.getByRole("menuitem", { name: "h2" }).click();
    const other = page.getByRole("region", { name: "h2", exact: true });
    const shown = async () => (await other.locator(".xterm-rows > div").allTextContents()).join("\n");
    await expect.poll(shown).toMatch(/h2.*#/);
    await page.keyboard.type("cd /tmp; clear\n");
    await page.keyboard.type("echo from-$((40+2))\n");
    await expect.poll(shown).toMatch(/\nfrom-42/);
    await other.locator(".xterm-rows").getByText("from-42", { exact: true }).dblclick({ force: true });
    await page.keyboard.press("Control+Shift+C");
    await expect.poll(() => page.evaluate("navigator.clipboard.readText()")).toBe("from-42");
    await page.keyboard.type("cat > pasted <<<");
    await page.keyboard.press("Control+Shift+V");
    await page.keyboard.press("Enter");
    const drop = await page.evaluateHandle(`(() => {
      const data = new DataTransfer();
      data.items.add(new File(["dropped ".repeat(100_000)], "a file.txt"));
      return data;
    })()`);
    await other.locator(".terminal-place").dispatchEvent("drop", { dataTransfer: drop });
    await other.getByText("a file.txt to /tmp").waitFor();
    await other.getByText("is there").waitFor();
    await page.keyboard.type("clear; cat pasted; wc -c 'a file.txt'\n");
    await expect.poll(shown).toMatch(/\n?from-42\s*\n800000 a file.txt/);
    await page.getByRole("button", { name: "Split below" }).click();
    await page.getByRole("menuitem", { name: "h3" }).click();
    await expect.poll(() => saidIn(page)).toMatch(/h3.*#/);
    const edge = page.getByRole("separator", { name: "Edge between panes" }).first();
    const before = await other.boundingBox();
    await edge.focus();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(async () => (await other.boundingBox())?.width).toBeGreaterThan(before?.width ?? 0);
    await picture(page, "splits");
    expect(await barriers(page)).toEqual([]);
    // By the keyboard, out of the terminal, and the tab is closed with all that is in it.
    await page.getByRole("region", { name: "h3" }).locator("textarea").focus();
    await page.keyboard.press("Control+F6");
    await page.keyboard.press("Delete");
    await page.getByRole("region", { name: "h3" }).waitFor({ state: "detached" });
  });

  it("shows what passes on a link, and what is lost", async ({ skip }) => {
    skip(why !== undefined, why);
    await ask(page, "POST", "/projects/demo/labs/live/links/h1%3Aeth0%20%E2%80%94%20h2%3Aeth0/impairment", {
      ab: { loss: { uniform: 0.5 } },
      ba: {},
    });
    await menu("h1", "Open a terminal");
    await expect.poll(() => saidIn(page)).toMatch(/h1.*#/);
    await page.keyboard.type("ping -i 0.01 -s 1200 -q 10.0.1.2\n");
    const lost = page.locator(".link-rate").filter({ hasText: /\d kbit\/s, \d+ % lost/ });
    await lost.first().waitFor();
    // On its line, between the two: what is written beside it is of the link too, but cannot be clicked.
    const [left, right] = await Promise.all(["h1", "h2"].map((name) => node(name).boundingBox()));
    await page.mouse.click(
      ((left?.x ?? 0) + (right?.x ?? 0) + (right?.width ?? 0)) / 2,
      (left?.y ?? 0) + (left?.height ?? 0) / 2,
    );
    const facts = page.getByRole("complementary", { name: "Details" });
    await facts
      .getByText(/frames\/s/)
      .first()
      .waitFor();
    await facts
      .getByText(/[1-9]\d* of \d+ frames lost/)
      .first()
      .waitFor();
    await picture(page, "rates");
    await facts.getByRole("button", { name: "Close the details" }).click();
    await page.locator(".terminal:visible textarea").focus();
    await page.keyboard.press("Control+c");
    await expect.poll(() => lost.count()).toBe(0);
  });

  it("parts the nodes in a lasso from the rest, shows the parts, and heals them with one click", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.getByRole("button", { name: "Lasso" }).click();
    const boxes = await Promise.all(["h1", "h2"].map((name) => node(name).boundingBox()));
    const [left, top] = [
      Math.min(...boxes.map((box) => box?.x ?? 0)) - 12,
      Math.min(...boxes.map((box) => box?.y ?? 0)) - 12,
    ];
    const [right, bottom] = [
      Math.max(...boxes.map((box) => (box?.x ?? 0) + (box?.width ?? 0))) + 12,
      Math.max(...boxes.map((box) => (box?.y ?? 0) + (box?.height ?? 0))) + 12,
    ];
    await page.mouse.move(left, top);
    await page.mouse.down();
    for (const [x, y] of [
      [right, top],
      [right, bottom],
      [left, bottom],
      [left, top + 10],
    ] as const)
      await page.mouse.move(x, y, { steps: 5 });
    await page.mouse.up();
    await page.getByRole("button", { name: "Part 2 nodes from the rest" }).click();
    await page.getByText("Part A", { exact: true }).waitFor();
    await expect.poll(() => page.locator(".group-name").count()).toBe(2);
    await page.getByText("Parted: split h1 h2 -- h3 h4").waitFor();
    // What is told covers no tool: a button that is covered cannot be clicked.
    await page.getByRole("button", { name: "Lasso" }).click({ trial: true });
    await page.getByRole("button", { name: "Part 2 nodes from the rest" }).click({ trial: true });
    await picture(page, "partition");
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: "Heal" }).click();
    await page.locator(".group-name").first().waitFor({ state: "detached" });
  });

  it("runs a fault schedule on a line of time, and heals what it leaves", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.getByRole("tab", { name: "Faults" }).click();
    await page.getByText("Another", { exact: true }).click();
    const text = page.getByLabel("Fault schedule");
    await text.fill("steps:\n  - { at: 100ms, do: link down h1 h9 }\n");
    await page.getByRole("button", { name: "Show what it does" }).click();
    await page.getByRole("alert").filter({ hasText: "h9" }).waitFor();
    await text.fill("steps:\n  - { at: 100ms, do: link down h1 h2 }\n  - { at: 300s, do: node pause h3, for: 1s }\n");
    await page.getByRole("button", { name: "Show what it does" }).click();
    await page.getByText(/^Planned: 3 faults/).waitFor();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    const faults = page.getByRole("list", { name: "Faults" });
    await faults.getByText(/link down h1:eth0 h2:eth0 done/).waitFor();
    await page.getByText("In force, until: link up h1:eth0 h2:eth0").waitFor();
    await page.locator(".timeline-now").waitFor();
    await page.locator(".link[data-cut]").waitFor({ state: "attached" });
    await picture(page, "faults");
    expect(await barriers(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollHeight <= innerHeight")).toBe(true);
    // Events, and answers that are on their way when they come, are no trouble.
    expect(await page.getByText("does not answer just now").count()).toBe(0);
    await page.getByRole("button", { name: "Stop and heal" }).click();
    await page.getByText(/was stopped: 1 of 3 done/).waitFor();
    await page.locator(".link[data-cut]").waitFor({ state: "detached" });
  });

  it("has no barriers on a tablet either, in the dark, and complains of nothing", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.setViewportSize({ width: 820, height: 1180 });
    await page.emulateMedia({ colorScheme: "dark" });
    for (const tab of ["Faults", "Events"]) {
      await page.getByRole("tab", { name: tab }).click();
      await picture(page, `tablet-${tab.toLowerCase()}`);
      expect(await barriers(page)).toEqual([]);
      // Nothing is wider than the page.
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    }
  });

  it("is drawn when it is stopped too, with what happened to it and what its programs said", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.setViewportSize({ width: 1280, height: 720 });
    await ask(page, "POST", "/users", { name: "vera", password: "vera's password" });
    await ask(page, "PUT", "/projects/demo/members/vera", { role: "viewer" });
    const viewer = await server.page("light", { name: "vera", password: "vera's password" });
    await viewer.goto("/projects/demo/labs/live");
    await viewer.getByRole("tab", { name: "Faults" }).click();
    await viewer.getByText("When somebody runs a fault schedule, it is shown here.").waitFor();
    // What others capture into a file is there to be looked into, and kept.
    await ask(page, "POST", "/projects/demo/labs/live/captures", { targets: ["h3:eth0"], file: "kept.pcapng" });
    await viewer.getByRole("tab", { name: "Captures" }).click();
    const kept = viewer.getByRole("row").filter({ hasText: "h3:eth0" });
    await kept.getByText("runs").waitFor();
    await expect.poll(async () => Number(await kept.getByRole("cell").nth(3).textContent())).toBeGreaterThan(2);
    expect(await barriers(viewer)).toEqual([]);
    await picture(viewer, "captures-of-others");
    const [file] = await Promise.all([
      viewer.waitForEvent("download"),
      kept.getByRole("link", { name: "Download h3:eth0" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("kept.pcapng");
    await kept.getByRole("button", { name: "Show the packets of h3:eth0" }).click();
    await viewer
      .getByRole("option", { name: /10\.0\.2\.1 > 10\.0\.2\.2: icmp echo-request/ })
      .first()
      .waitFor();
    await viewer.getByRole("button", { name: "All captures" }).click();
    await page.getByRole("button", { name: "Stop lab live" }).click();
    await page.getByRole("button", { name: "Stop lab", exact: true }).click();
    for (const one of [page, viewer]) {
      await one.getByText("The lab is stopped").waitFor();
      await node("h1", one).and(one.getByLabel("Host h1, off")).waitFor();
      await one.getByText("Spare machines").waitFor();
      await one.getByRole("log", { name: "Events" }).getByText("lab.stopped").waitFor();
      await one.getByRole("tab", { name: "Logs" }).click();
      await one.getByRole("log", { name: "Logs" }).getByText("said before it was stopped").waitFor();
      expect(await barriers(one)).toEqual([]);
    }
    await picture(page, "stopped-dark");
    await picture(viewer, "stopped");
    // The lab file is there to be read, too.
    await viewer.getByRole("link", { name: "Lab file" }).click();
    await expect.poll(() => writtenIn(viewer)).toContain("Spare machines");
    expect(await viewer.getByRole("button", { name: "Show changes" }).count()).toBe(0);
    await viewer.context().close();
    await page.getByRole("button", { name: "Start lab live" }).click();
    await page.getByLabel("Host h1, runs").waitFor();
  });

  it("is saved as a topology before it is deleted, where it is in none", async ({ skip }) => {
    skip(why !== undefined, why);
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.getByRole("button", { name: "Delete lab live" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Its lab file is in no topology: it is lost, too.").waitFor();
    await dialog.getByLabel("Save it as a topology first").check();
    await dialog.getByLabel("Name of the topology").fill("from-live");
    await picture(page, "delete-dark");
    expect(await barriers(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Save and delete lab" }).click();
    await page.getByText("No labs yet").waitFor();
    const saved = await ask(page, "GET", "/projects/demo/topologies/from-live");
    expect(saved).toMatchObject({ version: 1, text: labFile });
    expect(server.complaints).toEqual([]);
  });
});
