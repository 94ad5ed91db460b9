import { closeSync, createReadStream, openSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { holdProgram, holdProgramIn, spawnHeld } from "../../src/engines/namespace/held.ts";
import { openPipe } from "../../src/kernel/index.ts";

let folder = "";
let hold = -1;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "netwright-held-"));
  hold = openSync(holdProgramIn(folder) ?? "", "r");
});
afterAll(async () => {
  closeSync(hold);
  await rm(folder, { recursive: true });
});

function start(argv: readonly string[], isHeld = true) {
  const out = openPipe();
  const env = { PATH: `${folder}:/usr/bin:/bin`, WORD: "kept" };
  const held = spawnHeld(
    argv,
    { cwd: "/tmp", env, stdio: ["ignore", out.writeFd, "ignore"] },
    isHeld ? hold : undefined,
  );
  closeSync(out.writeFd);
  const failed = new Promise<string | undefined>((resolve) =>
    held.child.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code)).once("exit", () => resolve(undefined)),
  );
  return { ...held, failed, said: text(createReadStream("", { fd: out.readFd })) };
}

it("a held program does nothing until it is let go, and then is as if it had been started so", async () => {
  const argv = ["sh", "-c", 'echo "$0 $1 $WORD $(pwd)"; echo /proc/$$/fd/*; exit 3', "me", "two words"];
  const { child, letGo, said } = start(argv);
  // It has become the program that waits, and stays that.
  expect(child.pid).toBeGreaterThan(0);
  const early = await Promise.race([said, new Promise((resolve) => setTimeout(() => resolve("nothing"), 300))]);
  expect(early).toBe("nothing");
  letGo();
  const numbers = (text: string) => text.replaceAll(/\/proc\/\d+/g, "/proc/…");
  expect(await said).toMatch(/^me two words kept \/tmp\n/);
  // It has no file open that it would not have otherwise.
  expect(numbers(await said)).toBe(numbers(await start(argv, false).said));
  expect(child.exitCode ?? (await new Promise((resolve) => child.once("exit", resolve)))).toBe(3);
});

it("what cannot be executed fails as ever, and a shell still runs what only it can", async () => {
  const missing = start(["there-is-no-such-program"]);
  missing.letGo();
  expect(await missing.failed).toBe("ENOENT");
  for (const [name, script] of [
    ["plain", "echo $0"],
    ["marked", "#!/bin/sh\necho $0"],
  ] as const) {
    await writeFile(join(folder, name), script, { mode: 0o755 });
    const one = start([name]);
    one.letGo();
    expect(await one.said).toBe(`${folder}/${name}\n`);
  }
  await writeFile(join(folder, "lost"), "#!/there/is/none\n", { mode: 0o755 });
  const lost = start(["lost"]);
  lost.letGo();
  expect(await lost.failed).toBe("ENOENT");
});

it("a held program that is killed is gone, and nobody waits for it", async () => {
  const { child, letGo, said } = start(["sleep", "100"]);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  letGo();
  expect(await said).toBe("");
});

it("there is a program for both processors that labs run on, and none for others", () => {
  for (const [architecture, machine] of [
    ["x64", 62],
    ["arm64", 183],
  ] as const) {
    const program = holdProgram(architecture);
    expect(program?.readUInt16LE(18)).toBe(machine);
    expect(program?.subarray(0, 4).toString("latin1")).toBe("\x7fELF");
  }
  expect(holdProgram("mips")).toBeUndefined();
});
