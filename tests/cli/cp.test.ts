import { createHash, randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeHeader, endOfArchive } from "../../src/archive/index.ts";
import { copyPlace } from "../../src/cli/copy-place.ts";
import { copyTo } from "../../src/client/files.ts";
import { tar } from "../archive/tree.ts";
import { Netwright, twoHosts } from "./netwright.ts";

describe("cp", () => {
  let netwright: Netwright;
  beforeAll(async () => {
    netwright = await Netwright.open({ "lab.yaml": twoHosts, "site/a": "a", "site/b:c": "bc" });
    await netwright.ok("up");
  });
  afterAll(() => netwright[Symbol.asyncDispose]());

  it("copies there, across and back, relative to where it is called", async () => {
    await netwright.ok("cp", "site", "h1:/srv");
    await netwright.ok("cp", "h1:srv/site/.", "h2:/tmp/other");
    const { stdout, exitCode } = await netwright.call(["cp", "--json", "h2:/tmp/other", "back"], {
      directory: "site",
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      copy: {
        ...{ source: "h2:/tmp/other", destination: "back" },
        ...{ files: 2, folders: 1, links: 0, bytes: 3, skipped: [], skippedCount: 0, ownersLost: 0 },
      },
    });
    expect(readFileSync(join(netwright.folder, "site/back/b:c"), "utf8")).toBe("bc");
    const said = await netwright.call(["cp", "./site/b:c", "h1:/tmp/"]);
    expect(said).toMatchObject({ exitCode: 0, stdout: "", stderr: "Copied 1 file, 2 B.\n" });
    expect(await netwright.ok("exec", "h1", "--", "cat", "/tmp/b:c")).toBe("bc");
  });

  it("takes and gives archives", async () => {
    const input = tar(netwright.folder, ["-c", "site/a"]);
    expect((await netwright.call(["cp", "-", "h1:/var"], { input })).exitCode).toBe(0);
    const { bytes } = await netwright.call(["cp", "h1:/var/site", "-"]);
    expect(tar(netwright.folder, ["-xO", "site/a"], bytes).toString()).toBe("a");
  });

  it("hands large files over instead of sending them, and takes no archive's word for one", async () => {
    const content = randomBytes(40 << 20);
    mkdirSync(join(netwright.folder, "large"));
    writeFileSync(join(netwright.folder, "large/big"), content, { mode: 0o751 });
    linkSync(join(netwright.folder, "large/big"), join(netwright.folder, "large/same"));
    const readHere = () => Number(/^rchar: (\d+)/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
    const before = readHere();
    const target = { lab: "two", address: { socket: join(netwright.runtime, "two/api.sock") }, node: "h1" };
    let seen = 0;
    const from = { path: "large", directory: netwright.folder };
    const result = await copyTo(target, from, "/srv", {
      onProgress: (bytes) => {
        seen = bytes;
      },
    });
    expect(readHere() - before).toBeLessThan(content.length / 2);
    expect(result).toMatchObject({ files: 1, folders: 1, links: 1, bytes: content.length });
    expect(seen).toBeGreaterThan(content.length);
    const digest = createHash("sha256").update(content).digest("hex");
    expect(await netwright.ok("exec", "h1", "--", "sha256sum", "/srv/large/same")).toContain(digest);
    expect(await netwright.ok("exec", "h1", "--", "stat", "-c", "%a %h", "/srv/large/big")).toBe("751 2\n");
    const plain = { type: "file", mode: 0o644, uid: 0, gid: 0, modifiedMs: 0 } as const;
    const header = encodeHeader({ ...plain, name: "forged", sizeBytes: 1, handedBytes: 5 });
    const input = Buffer.concat([header, Buffer.alloc(512), endOfArchive()]);
    const forged = await netwright.call(["cp", "-", "h1:/var"], { input });
    expect(forged.exitCode).not.toBe(0);
    expect(forged.stderr).toContain("its contents are not there");
  });

  it("says what is left out, and what is wrong", async () => {
    await netwright.ok("exec", "h1", "--", "sh", "-c", "mkdir /tmp/odd; mkfifo /tmp/odd/pipe");
    const { stderr } = await netwright.call(["cp", "h1:/tmp/odd", "odd"]);
    expect(stderr).toContain("h1:/tmp/odd/pipe was left out");
    expect(existsSync(join(netwright.folder, "odd"))).toBe(true);
    const failures = [
      [["site", "other"], "NODE:PATH"],
      [["h9:/x", "."], 'no node "h9"'],
      [["h1:/none", "."], "There is no h1:/none."],
      [["--json", "h1:/tmp", "-"], "standard output"],
    ] as const;
    for (const [argv, text] of failures) {
      const called = await netwright.call(["cp", ...argv]);
      expect([called.exitCode === 0, called.stdout + called.stderr]).toEqual([false, expect.stringContaining(text)]);
    }
  });

  it("completes nodes and files", async () => {
    const complete = async (...words: string[]) => netwright.ok("__complete", "--", "cp", ...words);
    expect(await complete("h")).toBe(":words\nh1:\thost\nh2:\thost\n");
    expect(await complete("si")).toBe(":files\n");
    expect(await complete("site", "h2")).toBe(":words\nh2:\thost\n");
  });
});

describe("a place to copy from or to", () => {
  it("is in a node when it says so", () => {
    expect(copyPlace("h1:/x:y")).toEqual({ in: "node", node: "h1", path: "/x:y" });
    expect(copyPlace("h1:")).toEqual({ in: "node", node: "h1", path: "/" });
    for (const path of ["/a:b", "./a:b", "a", ":a", "../h1:x"]) expect(copyPlace(path)).toEqual({ in: "here", path });
    expect(copyPlace("-")).toEqual({ in: "stream" });
  });
});
