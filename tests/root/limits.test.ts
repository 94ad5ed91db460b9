import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, expect, it, onTestFinished, type TestContext } from "vitest";
import { listLabs, startLab, stopLab } from "../../src/client/index.ts";
import { findGroupHome, groupFacts } from "../../src/client/launch/groups/home.ts";
import { host, iface, lab, openFolder, RunningLab } from "../lab/running-lab.ts";
import { leftGroups } from "../leaks/snapshot.ts";
import { load } from "../topology/lab-text.ts";

/* Control groups of root's, of whichever version this machine has; tests/guest has delegated ones of version 2. */

const mebibyte = 2 ** 20;
const resources = { cpus: 0.1, memoryBytes: 48 * mebibyte, processes: 12 };
const h1 = host("h1", [iface("eth0")], { resources, startup: [{ shell: "sleep 1000 & sleep 0.05" }] });
const wanted = lab("grouped", {
  resources: { memoryBytes: 400 * mebibyte, processes: 300 },
  nodes: [h1, host("h2", [iface("eth0")])],
});

const home = findGroupHome(groupFacts());
const missing = "parents" in home ? undefined : home.why;

let running: RunningLab;
beforeAll(async () => {
  if (missing === undefined) running = await RunningLab.up(wanted);
});
afterAll(() => running?.[Symbol.asyncDispose]());

const test = (name: string, body: (context: TestContext) => Promise<void>) =>
  it(`control groups of root's: ${name}`, (context) => {
    if (missing !== undefined) context.skip(missing);
    return body(context);
  });

const eat = (mebibytes: number) => `head -c ${mebibytes}M /dev/zero | tail -c ${mebibytes}M | wc -c`;
const limit = async (node: string, resource: string, of = "the node") =>
  (await running.client.node(node)).limits?.find((one) => one.resource === resource && one.of === of);

test("a node gets no more memory than it may have, which is told, and another node's does", async () => {
  const killed = new AbortController();
  const told = (async () => {
    for await (const event of running.client.events({ follow: true, signal: killed.signal }))
      if (event.type === "node.out-of-memory") return event;
    return undefined;
  })();
  expect(await running.sh("h1", eat(100))).toBe("0\n");
  expect(await told).toMatchObject({ subject: "h1", data: { processes: 1 } });
  killed.abort();
  expect(await running.sh("h1", eat(10))).toBe(`${10 * mebibyte}\n`);
  expect(await running.sh("h2", eat(100))).toBe(`${100 * mebibyte}\n`);
});

test("a node gets no more processes than it may have, whoever starts them, and lets in who asks", async () => {
  const bomb = "for n in $(seq 30); do sleep 30 & done; wait";
  for (const user of ["root", "nobody"])
    expect((await running.run("h1", ["sh", "-c", bomb], { user })).stderr).toMatch(/fork/i);
  expect((await limit("h1", "processes"))?.used).toBeGreaterThanOrEqual(8);
  expect(await running.sh("h1", "echo in")).toBe("in\n");
  expect(await running.sh("h2", "for n in $(seq 30); do sleep 0.2 & done; wait; echo all")).toBe("all\n");
  await running.sh("h1", "kill -9 -1").catch(() => undefined);
});

test("a node gets no more processor time than it may have", async () => {
  const before = (await limit("h1", "cpus"))?.used ?? Number.NaN;
  const start = performance.now();
  await running.run("h1", ["sh", "-c", "timeout -s KILL 3 sh -c 'while :; do :; done'; true"]);
  const seconds = (performance.now() - start) / 1000;
  const used = ((await limit("h1", "cpus"))?.used ?? Number.NaN) - before;
  // Quotas are given anew ten times a second: one more, and what was saved up.
  expect(used).toBeLessThan(0.1 * seconds + 0.2);
  expect(used).toBeGreaterThan(0);
});

test("inspect says what is enforced by what, of the node and of all nodes", async () => {
  const { limits = [] } = await running.client.node("h1");
  expect(limits.map(({ resource, most, of }) => [resource, most, of])).toEqual([
    ...["cpus", "memory", "processes"].map((one, at) => [one, Object.values(resources)[at], "the node"]),
    ["memory", 400 * mebibyte, "all nodes of the lab"],
    ["processes", 300, "all nodes of the lab"],
  ]);
  for (const { enforcedBy, used } of limits) {
    expect(enforcedBy).toMatch(/^control groups, version [12]: /);
    expect(used).toBeGreaterThanOrEqual(0);
  }
});

test("limits change while programs run, and come and go with nodes", async () => {
  await running.sh("h1", "sleep 999 >/dev/null 2>&1 &");
  const h3 = host("h3", [iface("eth0")], { resources: { processes: 9 } });
  await running.client.apply({
    lab: { ...wanted, nodes: [{ ...h1, resources: { processes: 500 } }, h3] },
    digest: "2",
  });
  expect(await running.sh("h1", "pgrep -f 'sleep 999' | wc -l")).not.toBe("0\n");
  expect(await running.sh("h1", eat(60))).toBe(`${60 * mebibyte}\n`);
  expect((await running.run("h3", ["sh", "-c", "for n in $(seq 9); do sleep 9 & done"])).stderr).toMatch(/fork/i);
  expect((await limit("h1", "processes"))?.most).toBe(500);
  expect(leftGroups().some((folder) => folder.endsWith("/node-h2"))).toBe(false);
});

test("QEMU, which runs a virtual machine, is in its node's group", async (context) => {
  if (spawnSync("qemu-system-x86_64", ["--version"]).error !== undefined) context.skip("QEMU is not installed here");
  const vm = load(
    "name: machine\nnodes: {vm: {kind: appliance, disks: [{size: 1MiB}], memory: 64MiB, acceleration: tcg, resources: {memory: 512MiB, processes: 60}}}",
  );
  await using machine = await RunningLab.up(vm);
  const { limits = [] } = await machine.client.node("vm");
  expect(limits.map(({ resource, most, of }) => [resource, most, of])).toEqual([
    ["memory", 512 * mebibyte, "the node"],
    ["processes", 60, "the node"],
  ]);
  expect(limits[0]?.used).toBeGreaterThan(4 * mebibyte);
  // Its threads count.
  expect(limits[1]?.used).toBeGreaterThan(1);
});

test("nothing is left of groups, after down and after everything was killed", async () => {
  const folder = await openFolder("groups");
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const at = { runtime: `${folder}/run`, state: `${folder}/state`, cache: `${folder}/cache` };
  const named = () => leftGroups().filter((group) => group.includes("netwright-lab-gone-"));
  const up = () =>
    startLab({ lab: { ...wanted, name: "gone" }, locations: at, environment: process.env, digest: "test" });
  await up();
  expect(named()).not.toEqual([]);
  await stopLab(at, "gone");
  expect(named()).toEqual([]);

  await up();
  const { ownerPid } = JSON.parse(readFileSync(`${at.runtime}/gone/lab.json`, "utf8"));
  // The reaper is two shells, above the owner and beside it.
  for (const pid of [...relatives(ownerPid), ownerPid]) process.kill(pid, "SIGKILL");
  await expect.poll(() => listLabs(at)).toEqual([]);
  await expect.poll(named).toEqual([]);
});

/** The processes of the session that a process leads, or is in, but itself: proc_pid_stat(5), field 6. */
function relatives(pid: number): readonly number[] {
  const session = (one: string | number) => {
    try {
      return readFileSync(`/proc/${one}/stat`, "latin1")
        .replace(/^.*\) /, "")
        .split(" ")[3];
    } catch {
      return undefined;
    }
  };
  const own = session(pid);
  return readdirSync("/proc").flatMap((one) =>
    /^\d+$/.test(one) && Number(one) !== pid && session(one) === own ? [Number(one)] : [],
  );
}
