import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Benchmark, median, percentile } from "../case.ts";
import type { GuiReport } from "../programs/gui.ts";
import { as } from "../sandbox.ts";

const program = join(import.meta.dirname, "../programs/gui.ts");

/** The pages of a lab of 1,000 nodes and 2,000 links in headless Chromium, beside a page with as many bare elements. */
export const benchmark: Benchmark = {
  name: "gui",
  targets: [
    { figure: "pages loaded for the first paint, compressed", atMost: 350 },
    { figure: "first usable picture", atMost: 3 },
    { figure: "pan", atLeast: 30 },
    { figure: "zoom", atLeast: 30 },
    { figure: "an event seen, of the whole lab", atMost: 100 },
    { figure: "an event seen, of a part of the lab", atMost: 100 },
  ],
  unavailable: () =>
    existsSync("/usr/bin/chromium") ? undefined : "there is no Chromium: scripts/setup.sh tests installs it",
  async run({ user, isRoot }) {
    const runtime = await mkdtemp(join(tmpdir(), "nw-gui-run-"));
    try {
      const who = as(user, isRoot);
      if (isRoot) await promisify(execFile)("chown", [user.name, runtime]);
      const { stdout } = await promisify(execFile)(process.execPath, [program], {
        ...who,
        env: { ...who.env, XDG_RUNTIME_DIR: runtime },
        timeout: 300_000,
        maxBuffer: 1 << 24,
      });
      const report = JSON.parse(stdout) as GuiReport;
      const { bundleKilobytes, pictureSeconds, pan, zoom, repaintFarMs, repaintNearMs, floor } = report;
      return {
        figures: [
          { figure: "pages loaded for the first paint, compressed", value: bundleKilobytes, unit: "kB" },
          { figure: "first usable picture", value: median(pictureSeconds), unit: "s" },
          { figure: "pan", value: pan.perSecond, unit: "frames/s" },
          { figure: "pan, longest frame", value: pan.worstMs, unit: "ms" },
          { figure: "zoom", value: zoom.perSecond, unit: "frames/s" },
          { figure: "zoom, longest frame", value: zoom.worstMs, unit: "ms" },
          { figure: "floor: pan of 3,000 bare elements", value: floor.pan.perSecond, unit: "frames/s" },
          { figure: "an event seen, of the whole lab", value: median(repaintFarMs), unit: "ms" },
          {
            figure: "an event seen, of the whole lab, 95th percentile",
            value: percentile(repaintFarMs, 95),
            unit: "ms",
          },
          { figure: "an event seen, of a part of the lab", value: median(repaintNearMs), unit: "ms" },
          { figure: "floor: a change of one of 3,000 bare elements", value: median(floor.repaintMs), unit: "ms" },
        ],
        samples: report,
      };
    } finally {
      await rm(runtime, { recursive: true, force: true });
    }
  },
};
