import { mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Scratch, tar } from "../archive/tree.ts";
import { bridge, host, iface, lab, link, RunningLab } from "./running-lab.ts";

let running: RunningLab;
beforeAll(async () => {
  running = await RunningLab.up(
    lab("files", {
      nodes: [
        host("h1", [iface("eth0", "10.0.0.1/24")]),
        host("h2", [iface("eth0", "10.0.0.2/24")]),
        host("outer", [], { root: "host" }),
        bridge("s1", 2),
      ],
      links: [link("h1:eth0", "s1:swp1"), link("h2:eth0", "s1:swp2")],
    }),
  );
});
afterAll(() => running[Symbol.asyncDispose]());

describe("copies", () => {
  it("go into a node, to another, and back, with all that makes a file", async () => {
    using scratch = new Scratch();
    const site = join(scratch.path, "site");
    mkdirSync(join(site, "sub"), { recursive: true });
    writeFileSync(join(site, "index"), "<p>", { mode: 0o640 });
    symlinkSync("../index", join(site, "sub", "link"));
    const { client } = running;
    expect(await client.copyTo(site, "h1", "/srv")).toMatchObject({ files: 1, folders: 2, links: 1, bytes: 3 });
    expect(await running.sh("h1", "stat -c '%U %a' /srv/site/index; readlink /srv/site/sub/link")).toBe(
      "root 640\n../index\n",
    );
    await client.copyBetween({ node: "h1", path: "/srv/site/." }, { node: "h2", path: "tmp/new" });
    expect(await running.sh("h2", "cd /tmp/new; ls -1; cat sub/link")).toBe("index\nsub\n<p>");
    await client.copyFrom("h2", "/tmp/new", join(scratch.path, "back"));
    expect(readlinkSync(join(scratch.path, "back/sub/link"))).toBe("../index");
    const [before, after] = ["site", "back"].map((name) => statSync(join(scratch.path, name, "index")));
    expect(after?.mode).toBe(before?.mode);
    expect(after?.mtimeMs.toFixed(0)).toBe(before?.mtimeMs.toFixed(0));
    expect(after?.uid).toBe(process.getuid?.());
  });

  it("need no program in the node, and leave none", async () => {
    using scratch = new Scratch();
    const { client } = running;
    await running.sh("h2", "mount -t tmpfs none /usr");
    await client.copyFrom("h2", "/etc/hostname", join(scratch.path, "name"));
    expect(readFileSync(join(scratch.path, "name"), "utf8")).toBe("h2\n");
    // A file that the kernel makes up when it is read.
    await client.copyFrom("h2", "/proc/1/net/dev", join(scratch.path, "dev"));
    expect(readFileSync(join(scratch.path, "dev"), "utf8")).toContain("eth0:");
    // Counted by the shell itself: a pipe's programs come one after the other.
    const processes = async () => (await running.sh("h1", "echo /proc/[0-9]*")).split(" ").length;
    const before = await processes();
    await client.copyTo(join(scratch.path, "name"), "h1", "/tmp/name");
    await expect.poll(processes).toBe(before);
  });

  it("see links in a node as the node does, whatever they point to", async () => {
    using scratch = new Scratch();
    const { client } = running;
    await running.sh("h1", "ln -s /etc/hostname /tmp/l; ln -s ../../../../../../../etc/hostname /tmp/up");
    for (const path of ["/tmp/l", "/tmp/up", "/../../etc/hostname"]) {
      await client.copyFrom("h1", path, join(scratch.path, "name"), { followLink: true });
      expect(readFileSync(join(scratch.path, "name"), "utf8")).toBe("h1\n");
    }
    await running.sh("h1", `mkdir -p /tmp/x; ln -s ${scratch.path} /tmp/x/out; ln -s /proc/1/root /tmp/x/root`);
    await expect(client.copyTo(join(scratch.path, "name"), "h1", "/tmp/x/out/f")).rejects.toMatchObject({
      code: "COPY_NO_FOLDER",
    });
    await client.copyTo(join(scratch.path, "name"), "h1", "/tmp/x/root/tmp/inside");
    expect(await running.sh("h1", "cat /tmp/inside")).toBe("h1\n");
    // A folder from a node does not bring its links' targets, and is not written through them.
    await client.copyFrom("h1", "/tmp/x", scratch.path);
    expect(readlinkSync(join(scratch.path, "x/root"))).toBe("/proc/1/root");
    await running.sh("h1", "rm /tmp/x/out; mkdir /tmp/x/out; echo evil > /tmp/x/out/f");
    await expect(client.copyFrom("h1", "/tmp/x", scratch.path)).rejects.toMatchObject({
      code: "COPY_FOLDER_ONTO_FILE",
    });
  });

  it("reach what the user may, and no more, where a node has the host's files", async () => {
    using scratch = new Scratch();
    writeFileSync(join(scratch.path, "f"), "through");
    const from = join(scratch.path, "f");
    if (process.getuid?.() === 0) return;
    await running.client.copyFrom("outer", from, join(scratch.path, "g"));
    expect(readFileSync(join(scratch.path, "g"), "utf8")).toBe("through");
    await expect(running.client.copyTo(from, "outer", "/etc/netwright-test")).rejects.toMatchObject({
      code: "COPY_FAILED",
    });
    // The folder of labs, with their sockets, is covered.
    await expect(running.client.copyFrom("outer", running.client.socket as string, scratch.path)).rejects.toMatchObject(
      {
        code: "COPY_SOURCE_NOT_FOUND",
      },
    );
  });

  it("pass archives, also compressed ones and such without an end", async () => {
    using scratch = new Scratch();
    mkdirSync(join(scratch.path, "d"));
    writeFileSync(join(scratch.path, "d/f"), "f");
    const pieces: Buffer[] = [];
    async function* inHalves(bytes: Buffer) {
      yield bytes.subarray(0, 700);
      yield bytes.subarray(700);
    }
    const { client } = running;
    await client.importFiles(inHalves(tar(scratch.path, ["-cz", "d"])), "h1", "/var/tmp");
    const plain = tar(scratch.path, ["-c", "--transform=s/^d/e/", "d"]);
    await client.importFiles(inHalves(plain.subarray(0, 3 * 512)), "h1", "/var/tmp");
    expect(await running.sh("h1", "cat /var/tmp/d/f /var/tmp/e/f")).toBe("ff");
    const keep = async (piece: Buffer) => void pieces.push(Buffer.from(piece));
    expect(await client.exportFiles("h1", "/var/tmp/d", keep)).toMatchObject({ files: 1 });
    expect(tar(scratch.path, ["-t"], Buffer.concat(pieces)).toString()).toBe("d/\nd/f\n");
    await expect(client.importFiles(inHalves(plain.subarray(0, 1100)), "h1", "/var/tmp")).rejects.toMatchObject({
      code: "ARCHIVE_BAD",
    });
    await expect(client.importFiles(inHalves(Buffer.alloc(5000, 1)), "h1", "/tmp")).rejects.toMatchObject({
      code: "ARCHIVE_BAD",
    });
  });

  it("say what is wrong", async () => {
    using scratch = new Scratch();
    const file = join(scratch.path, "f");
    writeFileSync(file, "");
    truncateSync(file, 8 << 20);
    await running.sh("h1", "mkdir -p /tmp/small; mount -t tmpfs -o size=1m none /tmp/small");
    const { client } = running;
    const failures = [
      [() => client.copyTo(file, "h3", "/"), "NODE_NOT_FOUND", "h3"],
      [() => client.copyTo(file, "s1", "/"), "COPY_UNSUPPORTED", "switch"],
      [() => client.copyTo(`${file}x`, "h1", "/"), "COPY_SOURCE_NOT_FOUND", `${file}x`],
      [() => client.copyFrom("h1", "/none", file), "COPY_SOURCE_NOT_FOUND", "h1:/none"],
      [() => client.copyTo(file, "h1", "/none/f"), "COPY_NO_FOLDER", "h1:/none"],
      [() => client.copyTo(file, "h1", "/tmp/small/f"), "COPY_FAILED", "ENOSPC"],
      [() => client.copyTo(file, "h1", "/usr/f"), "COPY_FAILED", "EROFS"],
      [
        () => client.copyBetween({ node: "h1", path: "/none" }, { node: "h2", path: "/" }),
        "COPY_SOURCE_NOT_FOUND",
        "h1:",
      ],
      [() => client.copyTo(file, "h1", "x".repeat(5000)), "BAD_REQUEST", "4096"],
    ] as const;
    for (const [failure, code, text] of failures) {
      await expect(failure()).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
    }
  });

  it("end with the client: nothing of them goes on", async () => {
    await running.sh("h1", "truncate -s 1T /tmp/endless");
    const abort = new AbortController();
    const copying = running.client.exportFiles("h1", "/tmp/endless", async () => abort.abort(), {
      signal: abort.signal,
    });
    await expect(copying).rejects.toMatchObject({ name: "AbortError" });
    const socket = connect(running.client.socket as string);
    socket.end(
      "PUT /v1/nodes/h1/files?path=/tmp HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: netwright-archive\r\n\r\n",
    );
    let answer = "";
    for await (const piece of socket as AsyncIterable<Buffer>) answer += piece;
    expect(answer).toContain("COPY_BROKEN_OFF");
    const { supervisorPid } = await running.client.summary();
    await expect.poll(() => portersOf(supervisorPid)).toEqual([]);
  });
});

function portersOf(supervisor: number): readonly string[] {
  const children = readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, "utf8").trim().split(" ");
  return children.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("porter");
    } catch {
      return false;
    }
  });
}
