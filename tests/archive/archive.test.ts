import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Entry, encodeGnuHeader, encodeHeader, endOfArchive, padding } from "../../src/archive/header.ts";
import { givenPath, ownOpenFiles, pack, TarReader, Unpacker } from "../../src/archive/index.ts";
import { NetwrightError } from "../../src/topology/errors/error.ts";
import { listing, packed, Scratch, tar, unpack } from "./tree.ts";

/** Everything that is hard to carry. */
function plant(root: string): string {
  const folder = join(root, "tree");
  const long = join(folder, "l".repeat(90), "m".repeat(90), "n".repeat(90));
  mkdirSync(long, { recursive: true });
  writeFileSync(join(long, "deep"), "deep");
  writeFileSync(join(folder, "ünïcode 文"), "u");
  writeFileSync(join(folder, "o".repeat(255)), "o");
  writeFileSync(join(folder, "empty"), "");
  writeFileSync(join(folder, "blocks"), Buffer.alloc(1024, 7));
  writeFileSync(join(folder, "big"), Buffer.alloc(1_500_001, 9));
  chmodSync(join(folder, "big"), 0o751);
  linkSync(join(folder, "big"), join(folder, "same"));
  symlinkSync("big", join(folder, "link"));
  symlinkSync(`/nowhere/${"x".repeat(200)}`, join(folder, "far"));
  lutimesSync(join(folder, "link"), 1000, 1000);
  mkdirSync(join(folder, "closed"));
  writeFileSync(join(folder, "closed", "in"), "in");
  utimesSync(join(folder, "closed", "in"), 1_234_567_890.5, 1_234_567_890.5);
  chmodSync(join(folder, "closed"), 0o555);
  utimesSync(join(folder, "closed"), 86_400, 86_400);
  utimesSync(folder, 4_000_000_000, 4_000_000_000);
  return folder;
}

/** @param entries type, name, and contents or target */
function archive(
  ...entries: readonly (readonly ["file" | "folder" | "symlink" | "hardlink", string, string?])[]
): Buffer {
  return Buffer.concat([
    ...entries.flatMap(([type, name, text = ""]) => {
      const contents = type === "file" ? Buffer.from(text) : Buffer.alloc(0);
      const target = type === "symlink" || type === "hardlink" ? { target: text } : {};
      const mode = type === "folder" ? 0o755 : 0o4755;
      const header = encodeHeader({
        type,
        name,
        mode,
        uid: 0,
        gid: 0,
        modifiedMs: 0,
        sizeBytes: contents.length,
        ...target,
      });
      return [header, contents, Buffer.alloc(padding(contents.length))];
    }),
    endOfArchive(),
  ]);
}

const failing = (action: () => unknown): { code: string; message: string } => {
  try {
    action();
  } catch (error) {
    if (error instanceof NetwrightError) return error;
    throw error;
  }
  throw new Error("it did not fail");
};

describe("headers for programs that know no pax", () => {
  it("say the same to others, with long names, large numbers and what is no ASCII", () => {
    const plain = { mode: 0o4755, uid: 5, gid: 6, sizeBytes: 0, modifiedMs: 1_700_000_000_000 };
    const long = `./${"ä".repeat(150)}`;
    const entries = [
      { ...plain, type: "folder", name: "./ü" },
      { ...plain, type: "symlink", name: long, target: `../${"t".repeat(200)}` },
      { ...plain, type: "hardlink", name: "./b", target: long },
      { ...plain, type: "file", name: "./large", uid: 3_000_000, gid: 2 ** 31, sizeBytes: 9 * 2 ** 30 },
    ] as const;
    const seen: Entry[] = [];
    const reader = new TarReader({ entry: (one) => void seen.push(one), data: () => {}, entryEnd: () => {} });
    for (const entry of entries) reader.push(encodeGnuHeader(entry));
    expect(seen).toMatchObject(entries);
    const archive = Buffer.concat([...entries.slice(0, 3).map(encodeGnuHeader), endOfArchive()]);
    const listed = execFileSync("tar", ["-t", "--quoting-style=literal"], { input: archive }).toString();
    expect(listed).toBe(`./ü/\n${long}\n./b\n`);
  });
});

describe("archives", () => {
  it("are what GNU tar unpacks to the same", () => {
    using scratch = new Scratch();
    const tree = plant(scratch.path);
    mkdirSync(join(scratch.path, "out"));
    tar(join(scratch.path, "out"), ["-xp"], packed(tree));
    // GNU tar sets whole milliseconds as we do; the kernel keeps what it is given.
    expect(listing(join(scratch.path, "out", "tree"))).toEqual(listing(tree));
    expect(Object.keys(listing(tree)).length).toBe(15);
  });

  it.for(["pax", "gnu", "ustar"])("are read as GNU tar makes them: %s", (format) => {
    using scratch = new Scratch();
    const tree = plant(scratch.path);
    if (format === "ustar")
      execFileSync("rm", ["-r", join(tree, "l".repeat(90)), join(tree, "o".repeat(255)), join(tree, "far")]);
    // Whole seconds are what the older two formats hold.
    utimesSync(join(tree, "closed", "in"), 1_234_567_890, 1_234_567_890);
    const made = tar(scratch.path, ["-c", `--format=${format}`, "--", "tree"]);
    mkdirSync(join(scratch.path, "out"));
    const { ended } = unpack(made, join(scratch.path, "out"), { lengths: [1, 511, 512, 513, 100_000] });
    expect(ended).toBe(true);
    const wholeSeconds = (of: Record<string, string>) =>
      Object.fromEntries(Object.entries(of).map(([name, text]) => [name, text.replace(/(\d+)\d{3}( |$)/, "$1$2")]));
    const [copied, original] = [listing(join(scratch.path, "out", "tree")), listing(tree)];
    if (format === "pax") expect(copied).toEqual(original);
    else expect(wholeSeconds(copied)).toEqual(wholeSeconds(original));
  });

  it("come through in pieces of any length", () => {
    using scratch = new Scratch();
    const tree = plant(scratch.path);
    const made = packed(tree);
    let run = 0;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 8 }), (lengths) => {
        const out = join(scratch.path, `out${run++}`);
        unpack(made, out, { of: "tree", lengths: [...lengths, 65_536] });
        expect(listing(out)).toEqual(listing(tree));
      }),
      { numRuns: 8 },
    );
  });

  it("go where cp -r would put them", () => {
    using scratch = new Scratch();
    const at = (path: string) => join(scratch.path, path);
    mkdirSync(at("folder"));
    writeFileSync(at("file"), "old");
    symlinkSync("file", at("to-file"));
    symlinkSync("folder", at("to-folder"));
    symlinkSync("nothing", at("to-nothing"));
    const one = archive(["file", "a", "new"]);
    const many = archive(["folder", "t"], ["file", "t/in", "x"]);
    const contents = archive(["folder", "."], ["file", "./in", "x"]);
    unpack(one, at("made"), { of: "a" });
    expect(readFileSync(at("made"), "utf8")).toBe("new");
    expect((statSync(at("made")).mode & 0o7777).toString(8)).toBe("755");
    unpack(one, at("file"), { of: "a" });
    expect(readFileSync(at("file"), "utf8")).toBe("new");
    unpack(archive(["file", "a", "newer"]), at("to-file"), { of: "a" });
    expect([readFileSync(at("file"), "utf8"), readlinkSync(at("to-file"))]).toEqual(["newer", "file"]);
    unpack(one, at("folder"), { of: "a" });
    unpack(one, at("to-folder/"), { of: "a" });
    unpack(many, at("folder"), { of: "t" });
    unpack(many, at("folder/renamed"), { of: "t" });
    unpack(contents, at("folder/fresh"), { of: "." });
    unpack(contents, at("folder"), { of: "." });
    unpack(archive(["symlink", "s", "a"]), at("folder/link"), { of: "s", setuid: true });
    expect(Object.keys(listing(at("folder"))).sort()).toEqual(
      [".", "./a", "./fresh", "./fresh/in", "./in", "./link", "./renamed", "./renamed/in", "./t", "./t/in"].sort(),
    );
    expect(readlinkSync(at("folder/link"))).toBe("a");
    const refusals = [
      [one, "none/made", "a", "COPY_NO_FOLDER"],
      [one, "none/", "a", "COPY_NO_FOLDER"],
      [one, "file/below", "a", "COPY_NO_FOLDER"],
      [many, "file", "t", "COPY_FOLDER_ONTO_FILE"],
      [contents, "file", ".", "COPY_FOLDER_ONTO_FILE"],
      [archive(["file", "t", ""]), "folder", "t", "COPY_FILE_ONTO_FOLDER"],
      [archive(["folder", "a"]), "folder", "a", "COPY_FOLDER_ONTO_FILE"],
      [one, "to-nothing", "a", "COPY_FAILED"],
      [one, "none", undefined, "COPY_NO_FOLDER"],
    ] as const;
    for (const [which, into, of, code] of refusals) {
      const options = of === undefined ? {} : { of };
      expect([
        into,
        failing(() => unpack(which, join(scratch.path, into) + (into.endsWith("/") ? "/" : ""), options)).code,
      ]).toEqual([into, code]);
    }
  });

  it("keep setuid, and owners where they can be given, only when asked", () => {
    using scratch = new Scratch();
    const made = archive(["file", "a", "x"]);
    unpack(made, join(scratch.path, "kept"), { of: "a", setuid: true });
    expect(lstatSync(join(scratch.path, "kept")).mode & 0o7777).toBe(0o4755);
    const { ownersLost } = unpack(made, join(scratch.path, "owned"), { of: "a", owners: true });
    expect(ownersLost).toBe(process.getuid?.() === 0 ? 0 : 1);
  });

  it("follow a link that is given, and none below", () => {
    using scratch = new Scratch();
    mkdirSync(join(scratch.path, "real"));
    writeFileSync(join(scratch.path, "real", "f"), "f");
    symlinkSync("f", join(scratch.path, "real", "inner"));
    symlinkSync("real", join(scratch.path, "link"));
    unpack(packed(join(scratch.path, "link")), join(scratch.path, "as-link"), { of: "link" });
    unpack(packed(join(scratch.path, "link"), { followLink: true }), join(scratch.path, "followed"), { of: "link" });
    unpack(packed(`${scratch.path}/link/`), join(scratch.path, "slash"), { of: "link" });
    expect(readlinkSync(join(scratch.path, "as-link"))).toBe("real");
    for (const copy of ["followed", "slash"]) {
      expect(readdirSync(join(scratch.path, copy)).sort()).toEqual(["f", "inner"]);
      expect(readlinkSync(join(scratch.path, copy, "inner"))).toBe("f");
    }
    expect(failing(() => packed(join(scratch.path, "missing"))).code).toBe("COPY_SOURCE_NOT_FOUND");
    expect(failing(() => packed(`${scratch.path}/real/f/`)).code).toBe("COPY_NOT_A_FOLDER");
  });
});

describe("hostile archives", () => {
  const outside = ["file", "../out", "x"] as const;
  it.for([
    ["dot-dot", archive(outside)],
    ["dot-dot below", archive(["folder", "t"], ["file", "t/../../out", "x"])],
    ["a path from the root", archive(["file", "/tmp/netwright-hostile", "x"])],
    ["a file through a link of its own", archive(["folder", "t"], ["symlink", "t/l", ".."], ["file", "t/l/out", "x"])],
    ["a folder through a link of its own", archive(["symlink", "l", ".."], ["folder", "l/out"])],
    ["a link through a link of its own", archive(["symlink", "l", ".."], ["symlink", "l/out", "x"])],
    ["a file through a link that was there", archive(["file", "there/out", "x"])],
    ["a hard link to outside", archive(["hardlink", "h", "../secret"])],
    ["a hard link through a link", archive(["hardlink", "h", "there/secret"])],
    ["a hard link through a link of its own", archive(["symlink", "l", ".."], ["hardlink", "h", "l/secret"])],
  ] as const)("write nothing outside: %s", ([, bytes]) => {
    using scratch = new Scratch();
    const into = join(scratch.path, "into");
    mkdirSync(into);
    symlinkSync("..", join(into, "there"));
    writeFileSync(join(scratch.path, "secret"), "secret");
    expect(failing(() => unpack(bytes, into)).code).toBe("COPY_REFUSED");
    expect(readdirSync(scratch.path).sort()).toEqual(["into", "secret"]);
    expect(existsSync(join(into, "h"))).toBe(false);
    expect(existsSync("/tmp/netwright-hostile")).toBe(false);
  });

  it("do not write to what a link or another name stands for", () => {
    using scratch = new Scratch();
    const into = join(scratch.path, "into");
    mkdirSync(into);
    writeFileSync(join(scratch.path, "secret"), "secret");
    symlinkSync("../secret", join(into, "link"));
    linkSync(join(scratch.path, "secret"), join(into, "hard"));
    unpack(
      archive(["file", "link", "x"], ["file", "hard", "y"], ["symlink", "own", "../secret"], ["file", "own", "z"]),
      into,
    );
    expect(readFileSync(join(scratch.path, "secret"), "utf8")).toBe("secret");
    expect(["link", "hard", "own"].map((name) => readFileSync(join(into, name), "utf8")).join("")).toBe("xyz");
  });

  it("bring nothing but what was asked for", () => {
    using scratch = new Scratch();
    mkdirSync(join(scratch.path, "home"));
    const bytes = archive(["file", "wanted", "x"], ["file", ".profile", "evil"]);
    expect(failing(() => unpack(bytes, join(scratch.path, "home"), { of: "wanted" })).code).toBe("COPY_REFUSED");
    expect(readdirSync(join(scratch.path, "home"))).toEqual(["wanted"]);
  });

  it("fail with one error of ours however they are damaged", () => {
    using scratch = new Scratch();
    mkdirSync(join(scratch.path, "source"));
    writeFileSync(join(scratch.path, "source", "f".repeat(120)), "f");
    symlinkSync("g", join(scratch.path, "source", "l"));
    const good = packed(join(scratch.path, "source"));
    const into = join(scratch.path, "into");
    mkdirSync(into);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const bad = Buffer.from(good);
        bad[at] = byte;
        try {
          unpack(cut ? bad.subarray(0, at) : bad, into);
        } catch (error) {
          expect(error).toBeInstanceOf(NetwrightError);
        }
        expect(readdirSync(scratch.path).sort()).toEqual(["into", "source"]);
      }),
      { numRuns: 300 },
    );
    expect(failing(() => unpack(Buffer.alloc(2000, 1), into)).message).toContain("no tar archive");
    expect(failing(() => unpack(tar(scratch.path, ["-cz", "source"]), into)).message).toContain("gzip");
    execFileSync("truncate", ["-s", "1M", join(scratch.path, "sparse")]);
    for (const format of ["gnu", "pax"]) {
      const made = tar(scratch.path, ["-c", `--format=${format}`, "--sparse", "sparse"]);
      expect(failing(() => unpack(made, into)).message).toContain("sparse");
    }
  });
});

describe("a large file that is handed over", () => {
  it.each([
    ["is read by whoever unpacks", 20 << 20],
    ["and became shorter is filled with zeros, and told", 3 << 20],
  ])("%s", (_what, left) => {
    using scratch = new Scratch();
    const [from, to] = [join(scratch.path, "big"), join(scratch.path, "copy")];
    const content = Buffer.alloc(20 << 20, "large ");
    writeFileSync(from, content);
    const descriptors: number[] = [];
    const handOver = { take: () => descriptors.shift(), isBroken: () => false };
    const common = { files: ownOpenFiles, show: (path: string) => path };
    const unpacker = new Unpacker(givenPath(to, "/"), { ...common, of: "big", owners: false, setuid: false, handOver });
    const reader = new TarReader(unpacker);
    let carried = 0;
    for (const piece of pack(givenPath(from, "/"), { ...common, followLink: false, canHandOver: () => true })) {
      if ("fd" in piece) {
        truncateSync(from, left);
        descriptors.push(openSync(`/proc/self/fd/${piece.fd}`, "r"));
      }
      const bytes = "fd" in piece ? piece.block : Buffer.from(piece);
      carried += bytes.length;
      reader.push(bytes);
    }
    unpacker.finish();
    expect(carried).toBeLessThan(10_000);
    const expected = Buffer.concat([content.subarray(0, left), Buffer.alloc(content.length - left)]);
    expect(readFileSync(to).equals(expected)).toBe(true);
    expect(unpacker.counts.failed?.code).toBe(left < content.length ? "COPY_FAILED" : undefined);
    expect(descriptors).toEqual([]);
  });
});
