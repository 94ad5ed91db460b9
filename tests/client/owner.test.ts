import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isAlive, startTimeOf, thisProcess } from "../../src/client/registry/owner.ts";

describe("the start time of a process", () => {
  it("tells a process from a later one of the same pid", () => {
    const self = thisProcess();
    expect(isAlive(self)).toBe(true);
    expect(isAlive({ ...self, startTime: String(Number(self.startTime) - 1) })).toBe(false);
  });

  it("is field 22, whatever the program is called", async () => {
    const folder = mkdtempSync(join(tmpdir(), "netwright-test-owner-"));
    const program = join(folder, "a) b (c");
    symlinkSync("/bin/sleep", program);
    const child = spawn(program, ["60"], { stdio: "ignore" });
    try {
      await once(child, "spawn");
      const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8");
      expect(stat).toContain("(a) b (c)");
      expect(startTimeOf(child.pid ?? 0)).toBe(stat.trim().split(" ").at(-31));
    } finally {
      child.kill("SIGKILL");
      await rm(folder, { recursive: true });
    }
  });

  it("is undefined when only a zombie is left, or nothing", async () => {
    // The shell becomes a program that never waits for the child it inherits.
    const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      const [line] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(line.toString());
      await expect.poll(() => readFileSync(`/proc/${pid}/stat`, "utf8")).toContain(") Z ");
      expect(startTimeOf(pid)).toBeUndefined();
    } finally {
      parent.kill("SIGKILL");
    }
    expect(startTimeOf(4_194_305)).toBeUndefined();
  });
});
