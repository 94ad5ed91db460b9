import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { runInGuest } from "./guest.ts";
import { missingForGuest } from "./missing.ts";

const missing = missingForGuest();

/** Command lines of the processes that this one started and that still run. */
const children = () =>
  readFileSync(`/proc/self/task/${process.pid}/children`, "utf8")
    .split(" ")
    .filter((pid) => pid !== "")
    .map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0]);

describe("a guest", () => {
  it("passes on what a command says and how it ends", async (context) => {
    if (missing !== undefined) context.skip(missing);
    const script = "echo $0; echo sorry >&2; cat /tmp/note; cat /etc/note /etc/debian_version; uname -r; exit 3";
    const { exitCode, stdout, stderr } = await runInGuest(["sh", "-c", script, "it's"], {
      timeoutMs: 120_000,
      share: ["/etc/debian_version"],
      files: { "/etc/note": "a note\n" },
    });
    expect(stderr).toBe("sorry\ncat: can't open '/tmp/note': No such file or directory\n");
    expect(stdout).toMatch(/^it's\na note\n\d+\.\d+\n6\.\S+-cloud-amd64\n$/);
    expect(exitCode).toBe(3);
  });

  it("ends at its deadline and leaves nothing", async (context) => {
    if (missing !== undefined) context.skip(missing);
    // Where no other guest is at the same time.
    const folder = mkdtempSync(join(tmpdir(), "netwright-test-"));
    vi.stubEnv("TMPDIR", folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    });
    await expect(runInGuest(["sleep", "1000"], { timeoutMs: 3000 })).rejects.toThrow("within 3000 ms");
    expect(children()).not.toContain("qemu-system-x86_64");
    expect(readdirSync(folder)).toEqual([]);
  });
});
