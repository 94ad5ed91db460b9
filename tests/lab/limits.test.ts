import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findGroupHome, groupFacts } from "../../src/client/launch/groups/home.ts";
import { host, iface, lab, RunningLab } from "./running-lab.ts";

let running: RunningLab;
beforeAll(async () => {
  running = await RunningLab.up(
    lab("limits", {
      resources: { processes: 150 },
      nodes: [
        host("h1", [iface("eth0")], { resources: { programMemoryBytes: 64 * 2 ** 20, openFiles: 40 } }),
        host("h2", [iface("eth0")]),
      ],
    }),
  );
});
afterAll(() => running[Symbol.asyncDispose]());

const eat = (mebibytes: number) => `head -c ${mebibytes}M /dev/zero | tail -c ${mebibytes}M | wc -c`;

it("a program gets no more memory than it may have, and another node's does", async () => {
  // tail(1) keeps all that it has to print.
  expect((await running.run("h1", ["sh", "-c", eat(200)])).stderr).toMatch(/memory exhausted|cannot allocate/i);
  expect(await running.sh("h1", eat(20))).toBe(`${20 * 2 ** 20}\n`);
  expect(await running.sh("h2", eat(200))).toBe(`${200 * 2 ** 20}\n`);
});

it("a program opens no more files than it may, in a terminal too, and cannot lift its limits", async () => {
  expect(await running.sh("h1", "ulimit -n; ulimit -Hn; ulimit -Hd")).toBe("40\n40\n65536\n");
  expect((await running.run("h1", ["sh", "-c", "ulimit -Hn"], { tty: true })).stdout.trim()).toBe("40");
  expect((await running.run("h1", ["sh", "-c", "ulimit -Hn 100"])).exitCode).not.toBe(0);
  expect((await running.run("h1", ["prlimit", "--nofile=100:100", "true"])).exitCode).not.toBe(0);
  const opened = "for (( n = 0; n < 60; n++ )); do exec {fd}</dev/null || exit 7; done";
  expect((await running.run("h1", ["bash", "-c", opened])).exitCode).not.toBe(0);
  expect((await running.run("h2", ["bash", "-c", opened])).exitCode).toBe(0);
});

it("a fork bomb takes no more than the lab's processes, and the lab goes on", async () => {
  const bomb = "for n in $(seq 300); do sleep 300 & done; wait";
  expect((await running.run("h2", ["sh", "-c", bomb])).stderr).toMatch(/fork/i);
  // Who asks from outside is not kept out by what is inside.
  expect(await running.sh("h2", "kill -9 -1 2>/dev/null; echo")).toBeDefined();
  await expect.poll(async () => (await running.run("h1", ["sh", "-c", "echo $(echo on)"])).stdout).toBe("on\n");
});

it("inspect says what is enforced, and by what", async () => {
  expect((await running.client.node("h1")).limits).toEqual([
    { resource: "program-memory", most: 64 * 2 ** 20, of: "each program", enforcedBy: "RLIMIT_DATA" },
    { resource: "open-files", most: 40, of: "each program", enforcedBy: "RLIMIT_NOFILE" },
    { resource: "processes", most: 150, of: "each user, over the whole lab", enforcedBy: "RLIMIT_NPROC" },
  ]);
  expect((await running.client.node("h2")).limits?.map(({ resource }) => resource)).toEqual(["processes"]);
});

describe("limits that need a control group", () => {
  const resources = { memoryBytes: 2 ** 26 };
  const limited = lab("ungrouped", { nodes: [host("h1", [iface("eth0")], { resources })] });
  const home = findGroupHome(groupFacts());
  const here = "parents" in home ? "this user may make control groups here" : undefined;

  it("are refused without one, and nothing starts", async ({ skip }) => {
    skip(here !== undefined, here);
    await expect(RunningLab.up(limited)).rejects.toMatchObject({ code: "LIMIT_NOT_ENFORCEABLE" });
    await expect(running.client.apply({ lab: { ...limited, name: "limits" }, digest: "2" })).rejects.toMatchObject({
      code: "LIMIT_NOT_ENFORCEABLE",
    });
  });

  it("are told not to be enforced, where the lab takes that", async ({ skip }) => {
    skip(here !== undefined, here);
    await using lax = await RunningLab.up({ ...limited, resources: { enforce: "if-possible" } });
    expect((await lax.client.node("h1")).limits).toEqual([
      { resource: "memory", most: 2 ** 26, of: "the node", enforcedBy: "nothing" },
    ]);
  });
});
