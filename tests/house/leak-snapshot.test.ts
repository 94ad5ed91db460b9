import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { differences, type Snapshot, takeSnapshot, type Watch, watchOf } from "../leaks/snapshot.ts";

/** The instrument itself: a leak test that sees nothing proves nothing. */
const watch = watchOf(process.getuid?.() ?? 0);

it("sees a process in namespaces of its own, and that it went", async () => {
  const before = takeSnapshot(watch);
  const child = spawn("unshare", ["--user", "--map-root-user", "--net", "sh", "-c", "echo; exec sleep 60"], {
    env: { ...process.env, MADE_BY: "netwright" },
  });
  await once(child.stdout, "data");
  // A process that becomes another has no environment for a moment.
  const itself = (line: string) => line.startsWith(`process ${child.pid}@`);
  await expect.poll(() => differences(before, takeSnapshot(watch)).filter(itself)).toHaveLength(1);
  const left = differences(before, takeSnapshot(watch));
  const namespaces = ["net", "user"].map((name) => readlinkSync(`/proc/${child.pid}/ns/${name}`));
  child.kill("SIGKILL");
  await once(child, "close");
  // Others make their own meanwhile.
  for (const name of namespaces) expect(left.filter((line) => line.startsWith(`namespace ${name}`))).toHaveLength(1);
  const mine = (snapshot: Snapshot) => Object.keys(snapshot.processes).filter((id) => id.startsWith(`${child.pid}@`));
  await expect.poll(() => mine(takeSnapshot(watch))).toEqual([]);
});

it("sees a socket and the folder it is in", async () => {
  // Of its own: where temporary files go, the environment says.
  const temporary = mkdtempSync(join(tmpdir(), "watched-"));
  const its: Watch = { ...watch, temporary: [temporary] };
  const before = takeSnapshot(its);
  const folder = mkdtempSync(join(temporary, "netwright-leak-"));
  const server = createServer().listen(join(folder, "api.sock"));
  await once(server, "listening");
  const left = differences(before, takeSnapshot(its));
  server.close();
  await once(server, "close");
  rmSync(temporary, { recursive: true });
  expect(left).toContain(`file ${folder}`);
  expect(left).toContain(`socket ${folder}/api.sock`);
});

it("sees what is in the folder of a user's labs in /tmp, and takes the folder itself for the user's", () => {
  const folder = mkdtempSync("/tmp/netwright-leak-");
  const runtime: Watch = { ...watch, runtime: [folder] };
  writeFileSync(join(folder, "lab.json"), "{}");
  const { files } = takeSnapshot(runtime);
  rmSync(folder, { recursive: true });
  expect(files).toContain(join(folder, "lab.json"));
  expect(files).not.toContain(folder);
});

it("sees an interface and a mount that went", () => {
  const now = takeSnapshot(watch);
  const before = {
    ...now,
    interfaces: [...now.interfaces, "eth9"],
    mounts: [...now.mounts, "0:99 / /gone rw - tmpfs"],
  };
  expect(differences(before, now)).toEqual(["mount gone: 0:99 / /gone rw - tmpfs", "interface gone: eth9"]);
});

it("tells what carries its mark, and comes from what does, from what others do meanwhile", async () => {
  const marked: Watch = { ...watch, under: "shared", mark: "NETWRIGHT_LEAK_TEST=here" };
  const before = takeSnapshot(marked);
  const others = spawn("sh", ["-c", "echo; : netwright; sleep 61; :"], { env: { PATH: process.env["PATH"] } });
  const ours = spawn("sh", ["-c", "echo; env -i sleep 62; :"], {
    env: { PATH: process.env["PATH"], NETWRIGHT_LEAK_TEST: "here" },
    detached: true,
  });
  const left = () =>
    differences(before, takeSnapshot(marked)).flatMap((line) => /^process \S+ .*(sleep \d+) \(/.exec(line)?.[1] ?? []);
  try {
    await Promise.all([once(others.stdout, "data"), once(ours.stdout, "data")]);
    await expect.poll(left).toEqual(["sleep 62"]);
  } finally {
    others.kill("SIGKILL");
    process.kill(-(ours.pid as number), "SIGKILL");
  }
});
