import { describe, expect, it } from "vitest";
import { runScenario } from "./sandbox.ts";

/** Mount options by mount point. */
type Options = Record<string, string[]>;
type Seen = Record<string, unknown>;
type Refused = { code: string };

describe("mounts", () => {
  const run = <T = Seen>(scenario: string) => runScenario<T>("mounts", scenario);

  it("come and go", async () => {
    const { made, error, tooBig, busy, left, again } = await run<Seen & Record<"tooBig" | "busy" | "again", Refused>>(
      "mount and unmount",
    );
    expect(made).toMatchObject({
      type: "tmpfs",
      source: "scratch",
      superOptions: expect.arrayContaining(["size=1024k"]),
    });
    expect(error).toEqual({
      code: "ENOENT",
      message: "mount tmpfs on /mnt/absent: no such file or directory (ENOENT)",
    });
    expect(tooBig.code).toBe("ENOSPC");
    expect(busy.code).toBe("EBUSY");
    expect(left).toBe(false);
    expect(again.code).toBe("EINVAL");
  });

  it("are bound with all below, read-only, and the source stays as it is", async () => {
    const { copy, source, copyWritable, sourceWritable } = await run<Seen & { copy: Options; source: Options }>(
      "bind recursively, read-only",
    );
    expect(Object.keys(copy)).toEqual(["/", "/nosuid", "/nosuid/deep"]);
    for (const options of Object.values(copy)) expect(options).toContain("ro");
    for (const options of Object.values(source)) expect(options).toContain("rw");
    expect(copy["/nosuid"]).toEqual(expect.arrayContaining(["nosuid", "nodev", "noexec"]));
    expect(copy["/nosuid/deep"]).toContain("noatime");
    expect(copyWritable).toEqual(["EROFS", "EROFS", "EROFS"]);
    expect(sourceWritable).toEqual(["none", "none", "none"]);
  });

  it("are bound alone", async () => {
    const { copy, copyWritable, nested } = await run<Seen & { copy: Options }>("bind one mount, read-only");
    expect(Object.keys(copy)).toEqual(["/"]);
    expect(copyWritable).toBe("EROFS");
    expect(nested).toEqual([]);
  });

  it("may be of a file", async () => {
    expect(await run("bind a file")).toEqual({ seen: "from a", refused: "EROFS", afterwards: "from b" });
  });

  it("are made read-only without mount_setattr too, each with its own flags", async () => {
    const { copy, copyWritable, sourceWritable, notAMount } = await run<Seen & { copy: Options; notAMount: Refused }>(
      "read-only by remounting",
    );
    expect(copyWritable).toEqual(["EROFS", "EROFS", "EROFS"]);
    expect(sourceWritable).toBe("none");
    expect(copy["/nosuid"]).toEqual(expect.arrayContaining(["ro", "nosuid", "nodev", "noexec"]));
    expect(copy["/nosuid/deep"]).toEqual(expect.arrayContaining(["ro", "noatime"]));
    expect(notAMount.code).toBe("EINVAL");
  });

  it("keep flags that this user namespace must not drop", async () => {
    const { mounts, lost, stillWritable } = await run("locked flags");
    expect(mounts).toBeGreaterThan(3);
    expect(lost).toEqual([]);
    expect(stillWritable).toEqual([]);
  });

  it("become the root", async () => {
    expect(await run("change the root")).toEqual({ names: ["here", "old"], old: true, oldAfterwards: [] });
  });

  it("of overlays hide what a whiteout covers", async () => {
    expect(await run("special files")).toEqual({
      merged: ["seen"],
      file: true,
      mode: 0o640,
      fifo: true,
      exists: { code: "EEXIST", message: expect.stringContaining("mknod /mnt/file") },
    });
  });

  it("made private do not spread", async () => {
    expect(await run("private")).toEqual({ inner: "2", outer: 1 });
  });

  it("of /proc/sys that no path leads to show the settings of the namespace one is in", async () => {
    expect(await run("view of settings")).toEqual({
      left: false,
      seen: [
        ["33", "33"],
        ["44", "44"],
      ],
      own: "64",
      closed: "the view of /proc/sys was closed",
    });
  });
});
