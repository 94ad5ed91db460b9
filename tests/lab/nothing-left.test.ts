import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFailed } from "vitest";
import { LabClient, type Locations, labFiles, listLabs, startLab } from "../../src/client/index.ts";
import { plan } from "../../src/topology/index.ts";
import { takeSnapshot, type Watch, watchOf } from "../leaks/snapshot.ts";
import { bridge, host, iface, lab, link, openFolder, process_, router } from "./running-lab.ts";

/** One of everything: machines, a switch, a started router, a process that stays and one that waits. */
const everything = lab("everything", {
  nodes: [
    host("h1", [iface("eth0", "10.0.0.1/24")], { startup: [{ shell: "sleep 1000 & sleep 0.05" }] }),
    host("h2", [iface("eth0", "10.0.0.2/24")]),
    router("r1", [iface("eth0", "10.0.0.3/24"), iface("eth1", "10.0.1.1/24")], {
      files: [{ path: "/etc/x", contentBase64: "eA==", mode: 0o644 }],
    }),
    bridge("s1", 3),
  ],
  links: [link("h1:eth0", "s1:swp1"), link("h2:eth0", "s1:swp2"), link("r1:eth0", "s1:swp3")],
  processes: [
    process_("server", "h1", "sleep 1000"),
    process_("client", "h2", "true", { after: [{ process: "server", condition: "ready" }] }),
  ],
});

let folder = "";
let at: Locations;
let watch: Watch;

beforeEach(async () => {
  folder = await openFolder("left");
  at = { runtime: join(folder, "run"), state: join(folder, "state"), cache: join(folder, "cache") };
  // Other tests run beside this one, so only what carries this folder's name counts.
  watch = { ...watchOf(process.getuid?.() ?? 0), runtime: [at.runtime], temporary: [] };
  onTestFailed(tellWhatIsThere);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Processes of this test's sandboxes that still live. */
function processesLeft(): readonly string[] {
  const { processes } = takeSnapshot({ ...watch, under: "dedicated" });
  return Object.entries(processes)
    .filter(([id]) => sandboxed.has(id))
    .map(([id, text]) => `${id} ${text}`);
}

/** What a test that hangs or fails has left: who waits where, for what, and what the supervisor said. */
function tellWhatIsThere(): void {
  const lines: string[] = [];
  for (const [id, text] of Object.entries(takeSnapshot(watch).processes)) {
    if (!/lab\/main|nsenter|unshare/.test(text)) continue;
    const [pid] = id.split("@");
    const read = (name: string) => {
      try {
        return readFileSync(`/proc/${pid}/${name}`, "utf8").trim();
      } catch {
        return "?";
      }
    };
    const open = existsSync(`/proc/${pid}/fd`)
      ? readdirSync(`/proc/${pid}/fd`).map((fd) => `${fd} ${linkOf(pid, fd)}`)
      : [];
    lines.push(`${id} ${text}`, `  in ${read("wchan")}, ${read("syscall")}`, `  ${open.join(", ")}`);
  }
  const log = `${at.state}/everything/logs/supervisor.log`;
  console.error([...lines, existsSync(log) ? readFileSync(log, "utf8") : "no supervisor.log"].join("\n"));
}

function linkOf(pid: string | undefined, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return "?";
  }
}

/** Every process seen inside a sandbox of this test, by `pid@start`. */
let sandboxed = new Set<string>();
function noteSandboxed(supervisor: number): void {
  const user = readlinkSync(`/proc/${supervisor}/ns/user`);
  const { processes } = takeSnapshot({ ...watch, under: "dedicated" });
  for (const id of Object.keys(processes)) {
    try {
      if (readlinkSync(`/proc/${id.split("@")[0]}/ns/user`) === user) sandboxed.add(id);
    } catch {
      // Gone meanwhile.
    }
  }
}

const folders = () => (existsSync(at.runtime) ? readdirSync(at.runtime) : []);

async function nothingIsLeft(): Promise<void> {
  await expect.poll(processesLeft).toEqual([]);
  await expect.poll(() => listLabs(at)).toEqual([]);
  // What removes a lab's folder renames it first, and may be at it.
  await expect.poll(folders).toEqual([]);
  const { mounts, sockets } = takeSnapshot(watch);
  expect([...mounts, ...sockets].filter((line) => line.includes(folder))).toEqual([]);
  sandboxed = new Set();
}

const up = (environment: Readonly<Record<string, string>> = {}, signal?: AbortSignal) =>
  startLab({
    lab: everything,
    locations: at,
    environment: { ...process.env, ...environment },
    digest: "test",
    ...(signal === undefined ? {} : { signal }),
  });

describe("nothing is left", () => {
  it("after a failure at any step of `up`", async () => {
    const steps = plan(everything, undefined).length;
    expect(steps).toBeGreaterThan(15);
    for (let step = 1; step <= steps; step++) {
      await expect(up({ NETWRIGHT_FAIL_AT_STEP: String(step) }), `step ${step}`).rejects.toMatchObject({
        message: expect.stringContaining("NETWRIGHT_FAIL_AT_STEP"),
      });
      await expect.poll(folders, { message: `step ${step}` }).toEqual([]);
    }
    await nothingIsLeft();
  });

  it("after kill -9 of the supervisor, which `ps` then no longer shows", async () => {
    for (let round = 0; round < 3; round++) {
      const { summary } = await up();
      noteSandboxed(summary.supervisorPid);
      expect(sandboxed.size).toBeGreaterThan(5);
      process.kill(summary.supervisorPid, "SIGKILL");
      await nothingIsLeft();
    }
  });

  it("after kill -9 of the supervisor's parents, in either order", async () => {
    for (const generation of [1, 2]) {
      const { summary } = await up();
      noteSandboxed(summary.supervisorPid);
      let pid = summary.supervisorPid;
      for (let n = 0; n < generation; n++) pid = await parentOf(pid);
      process.kill(pid, "SIGKILL");
      if (generation === 2) process.kill(summary.supervisorPid, "SIGKILL");
      await nothingIsLeft();
    }
  });

  it("after `up` is interrupted at any moment", async () => {
    for (const afterMs of [0, 10, 30, 60, 120, 200, 300, 400, 600]) {
      const interrupt = new AbortController();
      setTimeout(() => interrupt.abort(), afterMs);
      const result = await up({}, interrupt.signal).then(
        async ({ client }) => {
          await client.requestStop();
          await expect.poll(async () => (await listLabs(at)).length, { timeout: 30_000 }).toBe(0);
          return "up";
        },
        (error: { code: string }) => error.code,
      );
      expect(["up", "UP_ABORTED"]).toContain(result);
    }
    await nothingIsLeft();
  });

  it("after kill -9 of the command during `up`", async () => {
    for (const afterMs of [50, 150, 300, 500]) {
      const child = starter();
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("close", resolve));
      // Whatever it had made goes by itself, or, when it was up already, is a lab like any other.
      await expect.poll(async () => (await listLabs(at)).every((one) => one.state === "running")).toBe(true);
      const [running] = await listLabs(at);
      if (running !== undefined)
        await new LabClient(running.name, { socket: labFiles(at.runtime, running.name).socket }).requestStop();
      await expect.poll(async () => (await listLabs(at)).length).toBe(0);
    }
    await nothingIsLeft();
  });

  it("after kill -9 of a node's programs and its init, the lab goes on and can be taken down", async () => {
    const { client, summary } = await up();
    noteSandboxed(summary.supervisorPid);
    const spared = [summary.supervisorPid, await parentOf(summary.supervisorPid)];
    const inits = [...sandboxed].map((id) => Number(id.split("@")[0])).filter((pid) => !spared.includes(pid));
    for (const pid of inits) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // Went with its node.
      }
    }
    await expect
      .poll(async () => (await client.detail()).nodeStatus.filter((node) => node.state === "failed").length)
      .toBeGreaterThan(0);
    await client.requestStop();
    await nothingIsLeft();
  });
});

/** A program that does what `netwright up` does, to be killed. */
function starter(): ChildProcess {
  const program = `
    import { startLab } from ${JSON.stringify(new URL("../../src/client/index.ts", import.meta.url).href)};
    await startLab({ lab: ${JSON.stringify(everything)}, locations: ${JSON.stringify(at)}, environment: process.env, digest: "test" });
    setInterval(() => {}, 1000);`;
  return spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "ignore" });
}

async function parentOf(pid: number): Promise<number> {
  return Number(/^PPid:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]);
}
