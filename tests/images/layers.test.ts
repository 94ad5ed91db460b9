import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ImageLibrary } from "../../src/client/image-library.ts";
import { readEntryName } from "../../src/images/layer/entry-name.ts";
import type { NetwrightError } from "../../src/topology/errors/error.ts";
import { openFolder } from "../lab/running-lab.ts";
import { type compressions, type Entry, tarOf, writeLayout } from "./image-layout.ts";

/** Layers unpacked into a store of their own, good ones and those that mean harm. */

let folder = "";
let library: ImageLibrary;

beforeAll(async () => {
  folder = await openFolder("layers");
  const locations = { runtime: `${folder}/run`, state: `${folder}/state`, cache: `${folder}/cache` };
  library = new ImageLibrary({ locations, environment: process.env });
});
afterAll(async () => {
  await library.prune(true);
  await rm(folder, { recursive: true, force: true });
});

const pull = (name = "image") => library.pull({ from: "oci", path: `${folder}/${name}` });

let images = 0;

/** Writes an image of one layer and unpacks it. @returns the folder it is in */
async function unpack(entries: readonly Entry[], compression: keyof typeof compressions = "gzip"): Promise<string> {
  const name = `one-${++images}`;
  writeLayout(`${folder}/${name}`, [await tarOf(entries)], { compression });
  return (await pull(name)).layers[0] as string;
}

const problemOf = (work: Promise<unknown>): Promise<NetwrightError> =>
  work.then(
    () => {
      throw new Error("nothing was wrong");
    },
    (error: unknown) => error as NetwrightError,
  );

/** What is left of layers in the store. */
function leftovers(): readonly string[] {
  const layers = `${folder}/cache/images/layers`;
  const keys = existsSync(layers) ? readdirSync(layers) : [];
  return keys.flatMap((key) => readdirSync(`${layers}/${key}`).filter((name) => !name.startsWith(".lock-")));
}

describe("a name in a layer", () => {
  test.each([
    ["etc/passwd", { is: "file", parts: ["etc", "passwd"] }],
    ["./etc/./passwd/", { is: "file", parts: ["etc", "passwd"] }],
    ["./", { is: "file", parts: [] }],
    ["a/.wh.b", { is: "whiteout", parts: ["a", "b"] }],
    ["a/.wh..wh..opq", { is: "opaque", parts: ["a"] }],
    [".wh..wh..opq", { is: "opaque", parts: [] }],
    [".wh..wh.plnk", { is: "nothing" }],
    ["...", { is: "file", parts: ["..."] }],
  ])("%j is understood", (name, meaning) => {
    expect(readEntryName(name)).toEqual(meaning);
  });

  test.each(["/etc/passwd", "../x", "a/../../x", "a/..", "a/.wh.", "a/.wh..", "a/.wh...", ".wh.a/b", "a\0b"])(
    "%j is refused",
    (name) => {
      expect(readEntryName(name)).toHaveProperty("problem");
    },
  );
});

describe("a layer", () => {
  test.each(["gzip", "zstd", "none"] as const)(
    "in %s is unpacked with modes, times, links and whiteouts",
    async (compression) => {
      const root = await unpack(
        [
          { name: "d/", type: "directory", mode: 0o1777 },
          { name: "d/f", mode: 0o4755, content: "x".repeat(70_000), mtime: new Date(1_500_000_000_000) },
          { name: "d/hard", type: "link", linkname: "d/f" },
          { name: "d/soft", type: "symlink", linkname: "/etc/passwd" },
          { name: "d/pipe", type: "fifo", mode: 0o600 },
          { name: "e/.wh.gone" },
          { name: "o/.wh..wh..opq" },
          { name: "twice", content: "first" },
          { name: "twice", content: "second" },
        ],
        compression,
      );
      const at = (name: string) => lstatSync(`${root}/${name}`);
      expect(at("d").mode & 0o7777).toBe(0o1777);
      expect(at("d/f")).toMatchObject({ size: 70_000, nlink: 2, mtimeMs: 1_500_000_000_000 });
      expect(at("d/f").mode & 0o7777).toBe(0o4755);
      expect(readlinkSync(`${root}/d/soft`)).toBe("/etc/passwd");
      expect(at("d/pipe").isFIFO()).toBe(true);
      expect(at("e/gone").isCharacterDevice() && at("e/gone").rdev === 0).toBe(true);
      expect(readdirSync(`${root}/o`)).toEqual([]);
      expect(readFileSync(`${root}/twice`, "utf8")).toBe("second");
      // Set-user-id files of yours are nobody else's to run.
      expect(lstatSync(`${folder}/cache/images`).mode & 0o077).toBe(0);
    },
  );

  test("leaves devices out, and attributes that would redirect an overlay", async () => {
    const root = await unpack([
      { name: "sda", type: "block-device", devmajor: 8, devminor: 0 },
      { name: "null", type: "character-device", devmajor: 1, devminor: 3 },
      { name: "whiteout", type: "character-device", devmajor: 0, devminor: 0 },
      {
        name: "d/",
        type: "directory",
        pax: { "SCHILY.xattr.user.overlay.redirect": "/etc", "SCHILY.xattr.user.kept": "yes" },
      },
    ]);
    expect(readdirSync(root)).toEqual(["d"]);
    const { stdout } = await promisify(execFile)("python3", [
      "-c",
      "import os,sys; print(os.listxattr(sys.argv[1]))",
      `${root}/d`,
    ]);
    expect(stdout).toBe("['user.kept']\n");
  });

  test("that leads out is refused, whichever way, and nothing of it stays", async () => {
    mkdirSync(`${folder}/out`);
    writeFileSync(`${folder}/out/canary`, "sings");
    const cases: readonly (readonly [string, readonly Entry[]])[] = [
      ["an absolute path", [{ name: "/escaped", content: "x" }]],
      ["a path that leads up on the way", [{ name: "a/../../escaped", content: "x" }]],
      ["a file through a link", [{ name: "l", type: "symlink", linkname: "OUT" }, { name: "l/escaped", content: "x" }]],
      ["a whiteout through a link", [{ name: "l", type: "symlink", linkname: "OUT" }, { name: "l/.wh.canary" }]],
      ["a hard link out", [{ name: "h", type: "link", linkname: "OUT/canary" }, { name: "h", content: "changed" }]],
      ["a hard link through a link", [{ name: "l", type: "symlink", linkname: "OUT" }, { name: "h", type: "link", linkname: "l/canary" }]],
      ["a link in place of the root", [{ name: "./", type: "symlink", linkname: "OUT" }]],
    ]; // biome-ignore format: a table
    const before = leftovers();
    const codes = await Promise.all(
      cases.map(async ([what, entries]) => {
        const meant = entries.map(({ linkname, ...entry }) => ({
          ...entry,
          ...(linkname === undefined ? {} : { linkname: linkname.replace("OUT", `${folder}/out`) }),
        }));
        return [what, (await problemOf(unpack(meant))).code];
      }),
    );
    expect(codes).toEqual(cases.map(([what]) => [what, "LAYER_UNSAFE"]));
    expect(readdirSync(`${folder}/out`)).toEqual(["canary"]);
    expect(readFileSync(`${folder}/out/canary`, "utf8")).toBe("sings");
    expect(existsSync(`${folder}/escaped`) || existsSync("/escaped")).toBe(false);
    expect(leftovers()).toEqual(before);
  });

  test("that replaces a link of its own by a folder is none the worse", async () => {
    const root = await unpack([
      { name: "l", type: "symlink", linkname: "/" },
      { name: "l/", type: "directory" },
      { name: "l/inside", content: "x" },
    ]);
    expect(readdirSync(`${root}/l`)).toEqual(["inside"]);
  });

  test.each<[string, (tar: Buffer) => Buffer]>([
    ["claims more than it has", (tar) => {
      tar.write("77777777777\0", 124);
      let sum = 8 * 32;
      for (const [index, byte] of tar.subarray(0, 512).entries()) sum += index >= 148 && index < 156 ? 0 : byte;
      tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
      return tar;
    }],
    ["ends in the middle", (tar) => tar.subarray(0, 700)],
    ["is no archive", () => Buffer.from("<html>404</html>".repeat(100))],
  ])("that %s is refused", async (_what, spoil) => {
    const spoiled = spoil(await tarOf([{ name: "f", content: "x".repeat(600) }]));
    const before = leftovers();
    writeLayout(`${folder}/spoiled`, [spoiled]);
    expect(await problemOf(pull("spoiled"))).toMatchObject({ code: "LAYER_INVALID" });
    expect(leftovers()).toEqual(before);
  }); // biome-ignore format: a table
});

describe("the store", () => {
  test("shares layers and work: two at once unpack once, and prune takes all", async () => {
    await library.prune(true);
    const layer = await tarOf([{ name: "f", content: "x".repeat(1e6) }]);
    writeLayout(`${folder}/image`, [layer]);
    writeLayout(`${folder}/other`, [layer, await tarOf([{ name: "g", content: "y" }])]);
    const contents = await Promise.all([pull(), pull("other"), pull("other")]);
    expect(contents.map(({ layers }) => layers[0])).toEqual(new Array(3).fill(contents[0]?.layers[0]));
    expect(leftovers().filter((name) => !name.endsWith(".json"))).toHaveLength(2);
    expect(await library.list()).toMatchObject([
      { labs: [], bytes: expect.any(Number), unpackedBytes: expect.any(Number) },
      {},
    ]);
    await library.remove([{ from: "oci", path: `${folder}/other` }]);
    expect(leftovers().filter((name) => !name.endsWith(".json"))).toHaveLength(1);
    await library.prune(true);
    expect(leftovers()).toEqual([]);
    expect(readdirSync(`${folder}/cache/images/blobs/sha256`)).toEqual([]);
  });

  test("finds a blob that was damaged in the store, and mends it from where it came from", async () => {
    const [digest = ""] = writeLayout(`${folder}/image`, [await tarOf([{ name: "f", content: "whole" }])]);
    const blob = `${folder}/cache/images/blobs/sha256/${digest.slice(7)}`;
    const root = (await pull()).layers[0] as string;
    const bytes = readFileSync(blob);
    bytes[bytes.length - 9] = (bytes[bytes.length - 9] as number) ^ 1;
    writeFileSync(blob, bytes);
    // A folder without its mark was never finished.
    rmSync(`${root}.json`);
    writeFileSync(`${root}/f`, "broken");
    expect(readFileSync(`${(await pull()).layers[0]}/f`, "utf8")).toBe("whole");
    expect(`sha256:${createHash("sha256").update(readFileSync(blob)).digest("hex")}`).toBe(digest);
    truncateSync(blob, 10);
    await pull();
    expect(`sha256:${createHash("sha256").update(readFileSync(blob)).digest("hex")}`).toBe(digest);
  });

  test("refuses a source that is damaged, and images that are none, or for others", async () => {
    const [digest = ""] = writeLayout(`${folder}/image`, [await tarOf([{ name: "f", content: "other" }])]);
    writeFileSync(`${folder}/image/blobs/sha256/${digest.slice(7)}`, "y");
    expect(await problemOf(pull())).toMatchObject({ code: "IMAGE_DAMAGED" });
    writeFileSync(`${folder}/image/index.json`, "{}");
    expect(await problemOf(pull())).toMatchObject({ code: "IMAGE_INVALID" });
    writeLayout(`${folder}/image`, [], { architecture: "s390x" });
    expect(await problemOf(pull())).toMatchObject({ code: "IMAGE_PLATFORM" });
  });

  test("that is full says so, and keeps nothing half-way", async () => {
    writeLayout(`${folder}/image`, [await tarOf([{ name: "f", content: Buffer.alloc(8e6) }])]);
    mkdirSync(`${folder}/small`);
    // A disk of two megabytes, which only this call sees.
    const script =
      'mount -t tmpfs -o size=2m tmpfs "$1" && NETWRIGHT_CACHE_DIR=$1 "$2" "$3" image pull --json "oci:$4"; code=$?; find "$1/images/layers" -name ".new*" >&2; exit $code';
    const words = [
      `${folder}/small`,
      process.execPath,
      `${import.meta.dirname}/../../src/cli/main.ts`,
      `${folder}/image`,
    ];
    const failed = await promisify(execFile)(
      "unshare",
      ["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", ...words],
      {
        env: {
          ...process.env,
          HOME: folder,
          NETWRIGHT_RUNTIME_DIR: `${folder}/run`,
          NETWRIGHT_STATE_DIR: `${folder}/state`,
        },
      },
    ).catch((error: unknown) => error as { code: number; stdout: string; stderr: string });
    expect(failed).toMatchObject({ code: 3, stderr: "" });
    expect(failed.stdout).toContain("IMAGE_STORE_FULL");
  });
});
