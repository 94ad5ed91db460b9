import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLab } from "../../src/client/index.ts";
import { openFolder } from "../lab/running-lab.ts";
import { actLikeNodes, beSaved, obeyLimits, takeAndGiveFiles, three } from "./container-core.ts";
import { doWhatKindsDo } from "./kinds-core.ts";
import { PodmanService } from "./podman-service.ts";
import { importImage, kindsImage } from "./test-images.ts";

const why = PodmanService.unavailable();
let podman: PodmanService;

beforeAll(async () => {
  if (why !== undefined) return;
  podman = await PodmanService.start();
  process.env["DOCKER_HOST"] = `unix://${podman.socket}`;
}, 90_000);
afterAll(async () => {
  await podman?.[Symbol.asyncDispose]();
  delete process.env["DOCKER_HOST"];
}, 90_000);

describe.skipIf(why !== undefined)(`Podman as a service of root's${why === undefined ? "" : ` (${why})`}`, () => {
  it("runs nodes as any other, and nothing of them is left", () => actLikeNodes(() => podman.containers()));

  it("takes and gives files", takeAndGiveFiles);

  it("saves them as images", () => beSaved(() => podman.containers(), podman.engine));

  it("runs kinds of nodes", async () => {
    await importImage(podman.socket, "kinds:1", kindsImage());
    await doWhatKindsDo();
  });

  it("limits them", () => obeyLimits("Podman"));

  it("has no containers of a lab whose supervisor was killed", async () => {
    const folder = await openFolder("podman");
    const locations = { runtime: `${folder}/run`, state: `${folder}/state`, cache: `${folder}/cache` };
    const { summary } = await startLab({ lab: three("killed"), locations, environment: process.env, digest: "test" });
    process.kill(summary.supervisorPid, "SIGKILL");
    await expect.poll(() => podman.containers()).toEqual([]);
    // What takes the lab's folder away writes there until it has.
    const { runtime } = locations;
    await expect.poll(() => (existsSync(runtime) ? readdirSync(runtime) : [])).toEqual([]);
    await rm(folder, { recursive: true });
  });
});
