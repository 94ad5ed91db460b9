import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLab } from "../../src/client/index.ts";
import { openEntrance } from "../../src/client/launch/podman/entrance.ts";
import { findOwnPodman, type OwnPodman } from "../../src/client/launch/podman/find.ts";
import { engineSettings, ownView, storageSettings } from "../../src/client/launch/podman/settings.ts";
import { makeUserNamespace } from "../../src/client/launch/user-namespace.ts";
import { findEngine } from "../../src/containers/index.ts";
import { actLikeNodes, box, container, takeAndGiveFiles, three } from "../root/container-core.ts";
import { boxImage } from "../root/test-images.ts";
import { lab, openFolder, RunningLab } from "./running-lab.ts";

/** What of containers runs on this machine: each by its container's name, and keepers. */
const running = async (): Promise<readonly string[]> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        if (words[0]?.endsWith("/conmon") && !words.includes("--exec-attach"))
          return words.filter((word) => word.startsWith("netwright-"));
        const isKeeper = words[0]?.endsWith("/node") && words.some((word) => /keeper\/main\.[jt]s$/.test(word));
        return isKeeper ? [`keeper of ${/"lab":"(.*?)"/.exec(words.join())?.[1]}`] : [];
      } catch {
        return [];
      }
    });
const ofLab = async (name: string) => (await running()).filter((one) => one.includes(name));

const found = findOwnPodman(process.env);
const engine = await findEngine(process.env).catch(() => undefined);
const why =
  "missing" in found
    ? `missing: ${found.missing.join(", ")} (make setup-tests)`
    : engine === undefined
      ? undefined
      : `${engine.name} answers`;
let folder: string;
let own: OwnPodman;
const dataHome = process.env["XDG_DATA_HOME"];

/** As root of the user namespace that labs have, with Podman's settings for the user's own store. */
async function inStore(own: OwnPodman, script: string, ...words: readonly string[]): Promise<void> {
  const user = await makeUserNamespace(process.env["PATH"] ?? "");
  using entrance = openEntrance(user.path, process.env, new AbortController().signal);
  const settings = [engineSettings(own, "images"), storageSettings(own, "images")];
  const { status, stderr } = spawnSync(
    "nsenter",
    [...entrance.argv, "unshare", "--mount", "sh", "-c", `${ownView}${script}`, "test", ...settings, ...words],
    { stdio: ["ignore", "ignore", "pipe", entrance.fd], encoding: "utf8" },
  );
  user.release();
  if (status !== 0) throw new Error(stderr);
}

beforeAll(async () => {
  if (why !== undefined) return;
  folder = await openFolder("podman");
  process.env["XDG_DATA_HOME"] = folder;
  own = findOwnPodman(process.env) as OwnPodman;
  // A store of the tests' own, as rootless Podman would have it.
  mkdirSync(own.images, { recursive: true });
  writeFileSync(join(folder, "box.tar"), boxImage());
  await inStore(own, 'exec "$1" import "$2" docker.io/library/box:1', own.podman, join(folder, "box.tar"));
}, 60_000);
afterAll(async () => {
  if (dataHome === undefined) delete process.env["XDG_DATA_HOME"];
  else process.env["XDG_DATA_HOME"] = dataHome;
  if (why === undefined) await inStore(own, 'exec rm -rf "$1"', folder);
});

describe.skipIf(why !== undefined)(`Podman of a lab's own${why === undefined ? "" : ` (${why})`}`, () => {
  it("runs nodes as any other, and nothing of them is left", async () => {
    const before = readdirSync(join(folder, "containers/storage/overlay")).toSorted();
    await actLikeNodes(() => ofLab("threes"));
    // What containers write is never in the user's store.
    expect(readdirSync(join(folder, "containers/storage/overlay")).toSorted()).toEqual(before);
  });

  it("takes and gives files", takeAndGiveFiles);

  it("does not save them, for it goes with the lab", async () => {
    await using up = await RunningLab.up(
      lab("unsaved", { nodes: [container("c1", [], {}, box({ command: "none" }))] }),
    );
    await expect(up.client.saveImage("c1", "docker.io/team/web:v2", "")).rejects.toMatchObject({
      code: "COMMIT_UNSUPPORTED",
      message: expect.stringContaining("goes with the lab"),
    });
  });

  it("ends with a supervisor that was killed", async () => {
    const at = await openFolder("killed");
    const locations = { runtime: `${at}/run`, state: `${at}/state`, cache: `${at}/cache` };
    const { summary } = await startLab({ lab: three("killed"), locations, environment: process.env, digest: "test" });
    // Podman's conmon is there twice for a moment, since it becomes a daemon.
    await expect.poll(() => ofLab("killed")).toHaveLength(4);
    process.kill(summary.supervisorPid, "SIGKILL");
    await expect.poll(() => ofLab("killed")).toEqual([]);
    rmSync(at, { recursive: true, force: true });
  });

  it("refuses limits that it has no control groups for, unless the lab file takes that", async () => {
    const limited = container("c1", [], { resources: { processes: 40, openFiles: 99 } }, box({ command: "none" }));
    await expect(RunningLab.up(lab("limited", { nodes: [limited] }))).rejects.toMatchObject({
      code: "LIMIT_NOT_ENFORCEABLE",
      message: expect.stringContaining("processes of node c1"),
    });
    await using up = await RunningLab.up(
      lab("limited", { nodes: [limited], resources: { enforce: "if-possible" } as never }),
    );
    expect(await up.sh("c1", "ulimit -n")).toBe("99\n");
    expect((await up.client.node("c1")).limits).toEqual([
      { resource: "processes", most: 40, of: "the node", enforcedBy: "nothing" },
      { resource: "open-files", most: 99, of: "each program", enforcedBy: "RLIMIT_NOFILE" },
    ]);
  });

  it("says which image is not there", async () => {
    const nodes = [container("c1", [], {}, box({ reference: "docker-daemon:nosuch:1" }))];
    await expect(RunningLab.up(lab("imageless", { nodes }))).rejects.toMatchObject({ code: "CONTAINER_IMAGE_MISSING" });
    await expect.poll(() => ofLab("imageless")).toEqual([]);
  });
});
