import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ImageLibrary } from "../../src/client/image-library.ts";
import { tryLock } from "../../src/kernel/index.ts";
import type { NetwrightError } from "../../src/topology/errors/error.ts";
import type { RegistryReference } from "../../src/topology/image/reference.ts";
import { finished, Netwright } from "../cli/netwright.ts";
import { busyboxEntries, tarOf, writeLayout } from "./image-layout.ts";
import { dockerConfig, login, missingRegistry, RegistryServer } from "./registry-server.ts";

/** Images pushed to and pulled from a private registry, Debian's own, by way of one that fails as it is told. */

const missing = missingRegistry();
const bigBytes = 3_000_000;

let netwright: Netwright;
let registry: RegistryServer;
/** Of the image's layers: a little one, and one that takes a while. */
let small = "";
let big = "";

beforeAll(async () => {
  if (missing !== undefined) return;
  netwright = await Netwright.open();
  registry = await RegistryServer.start(join(netwright.folder, "registry"));
  logIn();
  [small = "", big = ""] = writeLayout(
    `${netwright.folder}/box`,
    [await tarOf(busyboxEntries()), await tarOf([{ name: "big", content: randomBytes(bigBytes) }])],
    { settings: { Cmd: ["sleep", "1000"], Env: ["PATH=/bin"] } },
  );
  await netwright.ok("image", "pull", "oci:box");
  await netwright.ok("image", "push", "oci:box", `${registry.name}/team/box:1`);
}, 120_000);
afterAll(async () => {
  if (missing !== undefined) return;
  await netwright.call(["image", "prune", "--all"]);
  await registry[Symbol.asyncDispose]();
  await netwright[Symbol.asyncDispose]();
});
beforeEach(async (context) => {
  if (missing !== undefined) context.skip(missing);
  registry.faults.clear();
  await library().prune(true);
  registry.takeFetched();
});

/** As docker keeps it, in the home folder. */
function logIn(as = login): void {
  mkdirSync(`${netwright.folder}/.docker`, { recursive: true });
  writeFileSync(`${netwright.folder}/.docker/config.json`, dockerConfig(registry.name, as));
}

const library = (more: Readonly<Record<string, string>> = {}, signal?: AbortSignal) =>
  new ImageLibrary({
    locations: { runtime: netwright.runtime, state: netwright.state, cache: `${netwright.folder}/.cache/netwright` },
    environment: { ...netwright.environment, ...more },
    ...(signal === undefined ? {} : { signal }),
  });
const box = (more: Partial<RegistryReference> = {}): RegistryReference => ({
  from: "registry",
  registry: registry.name,
  repository: "team/box",
  tag: "1",
  ...more,
});
const store = () => `${netwright.folder}/.cache/netwright/images`;
const blobOf = (digest: string) => `${store()}/blobs/sha256/${digest.slice("sha256:".length)}`;
const fetchedLayers = () => registry.takeFetched().filter((digest) => digest === small || digest === big);
const problemOf = (work: Promise<unknown>): Promise<NetwrightError> =>
  work.then(
    () => {
      throw new Error("nothing was wrong");
    },
    (error: unknown) => error as NetwrightError,
  );

/** Commands of processes that work in the store, whoever started them. */
const atWork = (): readonly string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
      } catch {
        return [];
      }
    })
    .filter((command) => command.startsWith("skopeo") && command.includes(store()));

/** The workers that a process has started. */
const childrenOf = (parent: number | undefined): readonly string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /s, "");
        return (
          stat.split(" ")[1] === String(parent) &&
          readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("images/worker")
        );
      } catch {
        return false;
      }
    });

/** Everything of the image is here, and nothing else. */
async function expectWhole(): Promise<void> {
  const { layers } = await library().pull(box());
  expect(readdirSync(layers[1] as string)).toEqual(["big"]);
  expect(readdirSync(`${store()}/drafts`)).toEqual([]);
  expect(readdirSync(`${store()}/blobs`)).toEqual(["sha256"]);
  expect(readdirSync(`${store()}/blobs/sha256`)).toHaveLength(4);
}

describe("a private registry", () => {
  test("lets in those whose login docker keeps, in any of its places, and nobody else", async () => {
    const config = `${netwright.folder}/.docker`;
    rmSync(config, { recursive: true });
    const nobody = await netwright.call(["image", "pull", `${registry.name}/team/box:1`]);
    expect(nobody.exitCode).toBe(1);
    expect(nobody.stderr).toContain(`${registry.name} does not let you at ${registry.name}/team/box:1`);
    expect(nobody.stderr).toContain(`skopeo login ${registry.name}`);
    logIn({ ...login, password: "wrong" } as unknown as typeof login);
    expect(await problemOf(library().pull(box()))).toMatchObject({ code: "IMAGE_ACCESS_DENIED" });
    // A folder and a file that are named come before the home folder's.
    const elsewhere = `${netwright.folder}/elsewhere`;
    mkdirSync(elsewhere, { recursive: true });
    writeFileSync(`${elsewhere}/config.json`, dockerConfig(registry.name));
    await library({ DOCKER_CONFIG: elsewhere }).pull(box());
    await library({ REGISTRY_AUTH_FILE: `${elsewhere}/config.json` }).pull(box());
    expect(await problemOf(library().push(box(), box({ repository: "team/other" })))).toMatchObject({
      code: "IMAGE_ACCESS_DENIED",
    });
    logIn();
    await library().push(box(), box({ repository: "team/other", tag: "v2" }));
    const { id } = await library().pull(box());
    expect((await library().pull(box({ repository: "team/other", tag: "v2" }))).id).toBe(id);
  });

  test("is asked by name or digest; what it has not is not found, nor is one that is not there reached", async () => {
    const { id } = await library().pull(box());
    const { manifestDigest } = await library().image(box());
    expect((await library().pull(box({ digest: manifestDigest }))).id).toBe(id);
    const wanting = [box({ tag: "2" }), box({ repository: "nobody/box" }), box({ digest: `sha256:${"0".repeat(64)}` })];
    for (const reference of wanting)
      expect(await problemOf(library().pull(reference))).toMatchObject({ code: "IMAGE_NOT_FOUND" });
    // Nothing listens on port 1 (tcpmux).
    expect(await problemOf(library().pull(box({ registry: "127.0.0.1:1" })))).toMatchObject({
      code: "IMAGE_SOURCE_UNREACHABLE",
    });
    // What was here before is here still.
    expect((await library().image(box())).id).toBe(id);
  });
});

describe("a registry that fails half-way", () => {
  test("is told from a slow one: what comes is seen while it comes", async () => {
    const { promise: release, resolve } = Promise.withResolvers<void>();
    registry.faults.set(big, { do: "stall", after: bigBytes / 2, release });
    let seen = 0;
    const pulling = library().pull(box(), {
      onProgress: ({ doing, done }) => {
        if (doing === "fetch") seen = Math.max(seen, done);
      },
    });
    const rest = statSync(`${netwright.folder}/box/blobs/${small.replace(":", "/")}`).size;
    await expect.poll(() => seen, { timeout: 60_000 }).toBeGreaterThan(rest + bigBytes / 3);
    resolve();
    expect((await pulling).layers).toHaveLength(2);
  });

  test("and says nothing more is given up; nothing half-way stays, and the next attempt mends it", async () => {
    registry.faults.set(big, { do: "stall", after: bigBytes / 2 });
    expect(await problemOf(library().pull(box(), { silenceMs: 1_000 }))).toMatchObject({ code: "IMAGE_SOURCE_SILENT" });
    expect(existsSync(blobOf(big))).toBe(false);
    expect(readdirSync(`${store()}/drafts`)).toEqual([]);
    expect(atWork()).toEqual([]);
    registry.faults.clear();
    await expectWhole();
  });

  test("by closing the connection, or by sending something else, is refused", async () => {
    registry.faults.set(big, { do: "break", after: bigBytes / 2 });
    expect(await problemOf(library().pull(box()))).toMatchObject({ code: "IMAGE_SOURCE_UNREACHABLE" });
    registry.faults.set(big, { do: "change", at: bigBytes / 2 });
    const changed = await problemOf(library().pull(box()));
    expect(changed).toMatchObject({ code: "IMAGE_DAMAGED" });
    expect(changed.message).toContain(registry.name);
    expect(existsSync(blobOf(big))).toBe(false);
    registry.faults.clear();
    await expectWhole();
  });
});

describe("an interrupted fetch", () => {
  test("by kill -9 leaves no process, and goes on with the blobs that were complete", async () => {
    registry.faults.set(big, { do: "stall", after: bigBytes / 2 });
    const stalled = registry.stalled(big);
    const child = netwright.spawn(["image", "pull", `${registry.name}/team/box:1`]);
    const gone = finished(child);
    await stalled;
    await expect.poll(() => existsSync(blobOf(small)), { timeout: 60_000 }).toBe(true);
    expect(atWork()).toHaveLength(1);
    child.kill("SIGKILL");
    await gone;
    await expect.poll(atWork).toEqual([]);
    expect(existsSync(blobOf(big))).toBe(false);
    registry.faults.clear();
    registry.takeFetched();
    await expectWhole();
    expect(fetchedLayers()).toEqual([big]);
  });

  test("by kill -9 while it is unpacked leaves no process either, and what was half-way is made anew", async () => {
    const [, layer = ""] = (await library().pull(box())).layers;
    const [folder, name] = [dirname(layer), basename(layer)];
    rmSync(`${layer}.json`);
    const lock = tryLock(`${folder}/.lock-${name}`, "exclusive");
    const child = netwright.spawn(["image", "pull", `${registry.name}/team/box:1`]);
    const gone = finished(child);
    // It waits for the layer, which somebody else seems to unpack.
    await expect.poll(() => childrenOf(child.pid).length, { timeout: 60_000 }).toBe(1);
    const workers = childrenOf(child.pid);
    child.kill("SIGKILL");
    await gone;
    await expect.poll(() => workers.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    lock?.release();
    mkdirSync(`${folder}/.new-${name}-1`);
    await expectWhole();
    expect(readdirSync(folder).filter((one) => one.startsWith(".new"))).toEqual([]);
  });

  test("by an interrupt ends at once, and its half goes with it", async () => {
    registry.faults.set(big, { do: "stall", after: bigBytes / 2 });
    const stalled = registry.stalled(big);
    const child = netwright.spawn(["image", "pull", `${registry.name}/team/box:1`]);
    const gone = finished(child);
    await stalled;
    child.kill("SIGINT");
    expect((await gone).exitCode).toBe(130);
    await expect.poll(atWork).toEqual([]);
    expect(readdirSync(`${store()}/drafts`)).toEqual([]);
  });
});

describe("the store", () => {
  test("is shared by two labs that start at once: each layer comes once", async () => {
    const lab = (name: string) => `name: ${name}\nnodes: {web: {image: "${registry.name}/team/box:1"}}\n`;
    netwright.write({ "a.yaml": lab("a"), "b.yaml": lab("b") });
    await Promise.all(["a", "b"].map((name) => netwright.ok("up", "--quiet", "--file", `${name}.yaml`)));
    expect(fetchedLayers().toSorted()).toEqual([small, big].toSorted());
    for (const name of ["a", "b"])
      expect(await netwright.ok("exec", "--name", name, "web", "--", "stat", "-c", "%s", "/big")).toBe(`${bigBytes}\n`);
    const used = await netwright.call(["image", "rm", `${registry.name}/team/box:1`]);
    expect(used).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is used by the labs a, b") });
    await netwright.ok("down", "--all");
  });

  test("that is damaged is mended by the registry, and asks for what is damaged alone", async () => {
    const { layers } = await library().pull(box());
    const { id, manifestDigest } = await library().image(box());
    registry.takeFetched();
    // One that has grown shorter; another that was changed, and would be unpacked anew.
    truncateSync(blobOf(big), 100);
    await expectWhole();
    expect(fetchedLayers()).toEqual([big]);
    const bytes = readFileSync(blobOf(small));
    bytes[1000] = (bytes[1000] as number) ^ 1;
    writeFileSync(blobOf(small), bytes);
    rmSync(`${layers[0]}.json`);
    await expectWhole();
    expect(fetchedLayers()).toEqual([small]);
    for (const digest of [id, manifestDigest]) {
      writeFileSync(blobOf(digest), "{}".padEnd(readFileSync(blobOf(digest)).length));
      await expectWhole();
    }
    expect(fetchedLayers()).toEqual([]);
  });

  test("that is full says so, and is not filled with halves", async () => {
    mkdirSync(`${netwright.folder}/small`, { recursive: true });
    // A disk that only this call sees, with less room than the image needs. To skopeo, root has folders of its own.
    const script =
      'mount -t tmpfs -o size=2m tmpfs "$1" && NETWRIGHT_CACHE_DIR=$1 unshare --user --map-user=1000 --map-group=1000 "$2" "$3" image pull --json "$4"; code=$?; find "$1/images/drafts" -type f; exit $code';
    const main = `${import.meta.dirname}/../../src/cli/main.ts`;
    const failed = await promisify(execFile)(
      "unshare",
      [
        ...["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", `${netwright.folder}/small`],
        ...[process.execPath, main, `${registry.name}/team/box:1`],
      ],
      { env: netwright.environment },
    ).catch((error: unknown) => error as { code: number; stdout: string; stderr: string });
    expect(failed).toMatchObject({ code: 3, stdout: expect.stringContaining("IMAGE_STORE_FULL") });
    expect(failed.stdout).not.toContain("images/drafts/");
  });
});
