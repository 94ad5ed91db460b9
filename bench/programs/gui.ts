/**
 * The pages of a lab of 1,000 nodes and 2,000 links, in a real browser, of a real lab: how soon there is a picture, how
 * smoothly it moves, how soon an event is seen in it. Beside it, in the same run, the floor: an empty page that moves as
 * many elements of SVG. Prints a JSON object.
 */
import type { Page } from "playwright-core";
import { ask, GuiServer } from "../../tests/gui/browser.ts";

export type GuiReport = {
  readonly bundleKilobytes: number;
  readonly pictureSeconds: readonly number[];
  readonly pan: Frames;
  readonly zoom: Frames;
  readonly repaintFarMs: readonly number[];
  readonly repaintNearMs: readonly number[];
  readonly floor: { readonly pan: Frames; readonly repaintMs: readonly number[] };
};
export type Frames = { readonly perSecond: number; readonly worstMs: number };

const columns = 40;
const rows = 25;
const rounds = 15;
const moveMs = 4_000;

/** A grid whose edges meet: each node has four links. */
function labFile(): string {
  const name = (column: number, row: number) => `n${(column % columns) + (row % rows) * columns}`;
  const cells = Array.from({ length: columns * rows }, (_, index) => [index % columns, Math.floor(index / columns)]);
  const nodes = cells.map(([column = 0, row = 0]) => `  ${name(column, row)}: {}`);
  const links = cells.flatMap(([column = 0, row = 0]) => [
    `  - [${name(column, row)}, ${name(column + 1, row)}]`,
    `  - [${name(column, row)}, ${name(column, row + 1)}]`,
  ]);
  return `name: grid\nnodes:\n${nodes.join("\n")}\nlinks:\n${links.join("\n")}\n`;
}

await using server = await GuiServer.start();
const page = await server.page();
const bundleKilobytes = await page.evaluate<number>(`performance.getEntriesByType("resource")
  .filter(({ name }) => !name.includes("/api/")).reduce((sum, one) => sum + one.encodedBodySize, 0) / 1000`);
await ask(page, "POST", "/projects", { name: "bench" });
await ask(page, "POST", "/projects/bench/labs", { name: "grid", text: labFile() });
await using _lab = {
  [Symbol.asyncDispose]: () => ask(page, "DELETE", "/projects/bench/labs/grid").then(() => undefined),
};
while (((await ask(page, "GET", "/projects/bench/labs/grid")) as { state: string }).state === "deploying")
  await pause(100);

note("the lab runs");
const pictureSeconds: number[] = [];
for (let round = 0; round < 4; round += 1) {
  // Of nothing that the page before has drawn.
  await page.goto("about:blank");
  await page.goto("/projects/bench/labs/grid", { waitUntil: "commit" });
  const ms = await page.evaluate<number>(`new Promise((resolve) => {
    const look = () => {
      const nodes = document.querySelectorAll(".react-flow__node").length;
      const links = document.querySelectorAll(".far-links path, .react-flow__edge").length;
      if (nodes > 0 && links > 0) requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
      else setTimeout(look, 5);
    };
    look();
  })`);
  // The first is the browser's, which compiles what it runs.
  if (round > 0) pictureSeconds.push(ms / 1000);
}
await page.waitForTimeout(1_000);
note(`pictures: ${pictureSeconds.join(", ")}`);
const zoom = await frames(page, async (until) => {
  for (let turn = 0; performance.now() < until; turn += 1) await page.mouse.wheel(0, turn % 16 < 8 ? -60 : 60);
});
await page.locator(".react-flow__controls-fitview").click();
await page.waitForTimeout(500);
note("zoomed");
const repaintFarMs = await repaints();
note("seen from afar");
const pan = await frames(page, async (until) => {
  await page.mouse.move(640, 420);
  await page.mouse.down({ button: "middle" });
  await page.keyboard.down("Space");
  await page.mouse.down();
  for (let turn = 0; performance.now() < until; turn += 1)
    await page.mouse.move(640 + 200 * Math.sin(turn / 10), 280 + 80 * Math.cos(turn / 13));
  await page.mouse.up();
  await page.keyboard.up("Space");
});
for (let turn = 0; turn < 12; turn += 1) await page.mouse.wheel(0, -120);
await page.waitForTimeout(500);
note("panned");
const repaintNearMs = await repaints();

const empty = await page.context().newPage();
await empty.setViewportSize({ width: 1280, height: 720 });
await empty.setContent(
  `<svg width="1280" height="620"><g id="all">${Array.from({ length: 3000 }, (_, index) =>
    index < 1000
      ? `<rect x="${(index % 40) * 30}" y="${Math.floor(index / 40) * 22}" width="20" height="14" fill="#3a3"/>`
      : `<path d="M${(index % 40) * 30},${(index % 25) * 22}l60,44" stroke="#777"/>`,
  ).join("")}</g></svg>`,
);
const floor = {
  pan: await frames(empty, async (until) => {
    await empty.evaluate(`new Promise((resolve) => {
      const all = document.getElementById("all");
      let turn = 0;
      const move = () => {
        turn += 1;
        all.setAttribute("transform", "translate(" + 200 * Math.sin(turn / 10) + "," + 80 * Math.cos(turn / 13) + ")");
        if (turn < 10_000 && !window.stop_) requestAnimationFrame(move);
      };
      requestAnimationFrame(move);
      setTimeout(() => { window.stop_ = true; resolve(); }, ${moveMs});
    })`);
    await pause(Math.max(0, until - performance.now()));
  }),
  repaintMs: await empty.evaluate<number[]>(`(async () => {
    const times = [];
    for (const rect of [...document.querySelectorAll("rect")].slice(0, ${rounds})) {
      const began = performance.now();
      rect.setAttribute("fill", "#c33");
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      times.push(performance.now() - began);
    }
    return times;
  })()`),
};
if (server.complaints.length > 0) throw new Error(server.complaints.join("\n"));
const report: GuiReport = { bundleKilobytes, pictureSeconds, pan, zoom, repaintFarMs, repaintNearMs, floor };
process.stdout.write(`${JSON.stringify(report)}\n`);

function note(text: string): void {
  process.stderr.write(`  ${text}\n`);
}

/** How many frames the page draws while it is moved. */
async function frames(of: Page, move: (until: number) => Promise<void>): Promise<Frames> {
  await of.evaluate(`(() => {
    const times = (window.times_ = []);
    const count = (at) => { times.push(at); window.request_ = requestAnimationFrame(count); };
    window.request_ = requestAnimationFrame(count);
  })()`);
  await move(performance.now() + moveMs);
  const times = await of.evaluate<number[]>("cancelAnimationFrame(window.request_), window.times_");
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return { perSecond: (1000 * gaps.length) / span, worstMs: Math.max(...gaps) };
}

/** From when the lab says that a node has changed, by its own clock, until that has been drawn. */
async function repaints(): Promise<number[]> {
  const names = await page.evaluate<string[]>(`[...document.querySelectorAll(".react-flow__node")]
    .filter((node) => { const { x, y } = node.getBoundingClientRect(); return x > 100 && x < 1100 && y > 150 && y < 400; })
    .map((node) => node.dataset.id)`);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const name = names[(round * 7) % names.length] ?? "n0";
    for (const [action, state] of [
      ["stop", "off"],
      ["start", ""],
    ] as const) {
      const drawn = page.evaluate<number>(`new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error("${name} was not drawn: ${action}")), 20_000);
        const node = document.querySelector('.react-flow__node[data-id="${name}"] .node');
        const is = () => ("${state}" === "" ? node.dataset.state !== "off" : node.dataset.state === "${state}");
        const done = () => requestAnimationFrame(() => setTimeout(() => resolve(performance.timeOrigin + performance.now())));
        const watch = new MutationObserver(() => { if (is()) { watch.disconnect(); done(); } });
        watch.observe(node, { attributes: true });
      })`);
      await ask(page, "POST", `/projects/bench/labs/grid/nodes/${name}/action`, { action });
      const at = await drawn;
      times.push(at - (await lastChange(name)));
    }
  }
  return times;
}

async function lastChange(node: string): Promise<number> {
  const answer = await page.request.get("/api/v1/projects/bench/labs/grid/events");
  const events = (await answer.text()).trim().split("\n");
  const found = events
    .map((line) => JSON.parse(line) as { type: string; subject: string; at: string })
    .findLast(({ type, subject }) => type === "node.changed" && subject === node);
  return Date.parse(found?.at ?? "");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
