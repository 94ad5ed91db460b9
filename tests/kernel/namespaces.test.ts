import { describe, expect, it } from "vitest";
import { runScenario } from "./sandbox.ts";

describe("namespaces", () => {
  const run = <T>(scenario: string) => runScenario<T>("namespaces", scenario);

  it("are entered together and left together", async () => {
    const seen = await run<Record<string, unknown>>("in and back");
    expect(seen["inside"]).toEqual(seen["theirs"]);
    expect(seen["children"]).toEqual(seen["theirs"]);
    expect(seen["theirs"]).not.toEqual(seen["home"]);
    expect(seen["afterwards"]).toEqual(seen["home"]);
    expect([seen["directory"], seen["childDirectory"]]).toEqual(["/", "/"]);
    expect(seen["directoryAfterwards"]).toEqual(["/tmp", "/tmp"]);
    expect(seen["leaked"]).toBe(0);
  });

  it("are left when the body throws", async () => {
    const { home, afterwards, error } = await run<{ home: unknown; afterwards: unknown; error: unknown }>(
      "back after an error",
    );
    expect(afterwards).toEqual(home);
    expect(error).toMatchObject({ message: "in the body" });
  });

  it("are left when one of them cannot be entered, and the body does not run", async () => {
    const { home, afterwards, ran, error } = await run<Record<string, unknown>>("back when one cannot be entered");
    expect(afterwards).toEqual(home);
    expect(ran).toBe(false);
    expect(error).toMatchObject({ code: "EBADF" });
  });

  it("nest", async () => {
    const { seen, expected, home, afterwards, distinct } = await run<Record<string, unknown>>("nested");
    expect(seen).toEqual(expected);
    expect(afterwards).toBe(home);
    expect(distinct).toBe(3);
  });

  it("never catch the thread pool", async () => {
    const { home, fromThreadPool } = await run<{ home: string; fromThreadPool: string }>(
      "the thread pool stays at home",
    );
    expect(fromThreadPool).toBe(home);
  });

  it("of pids take in children only", async () => {
    const { theirs, inside, own, afterwards } = await run<Record<string, string>>("a pid namespace for children");
    expect(inside).toBe(theirs);
    expect(theirs).not.toBe(own);
    expect(afterwards).toBe(own);
  });

  it("are refused to worker threads", async () => {
    expect(await run<string>("a worker thread")).toMatch(/only the main thread/);
  });

  it("that cannot be left end the process", async () => {
    await expect(run("no way back")).rejects.toMatchObject({
      stderr: expect.stringContaining("cannot return to the process's own net namespace"),
    });
  });

  it("can be made for the process itself", async () => {
    const { before, after, hostname, tooLong } = await run<{
      before: string[];
      after: string[];
      hostname: string;
      tooLong: unknown;
    }>("unshare");
    expect(before.map((inode, index) => inode === after[index])).toEqual([true, true, false, false]);
    expect(hostname).toBe("lab-1");
    expect(tooLong).toMatchObject({ code: "EINVAL" });
  });

  it("and limits are read, raised and refused", async () => {
    const { lowered, raised, shell, core, beyond } = await run<Record<string, unknown>>("limits");
    expect(lowered).toEqual({ soft: 64, hard: 128 });
    expect(raised).toBe(128);
    expect(shell).toEqual([128, 128]);
    expect(core).toHaveProperty("soft");
    expect(beyond).toMatchObject({ code: "EPERM" });
  });
});
