import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import type { NodeDetail } from "../../src/api/index.ts";
import { bundle } from "./bundle.ts";
import { runInGuest } from "./guest.ts";
import { missingForGuest } from "./missing.ts";

type Result = {
  readonly eaten: readonly [string, string];
  readonly forked: string;
  readonly lifted: readonly [string, string];
  readonly group: string;
  readonly events: readonly string[];
  readonly limits: NodeDetail["limits"];
  readonly applied: { readonly eaten: string; readonly groups: readonly string[] };
  readonly left: { readonly groups: readonly string[]; readonly own: string };
  readonly vlans: Record<"red" | "blue" | "native" | "across", string> & { readonly ports: readonly string[] };
  readonly moved: Record<"red" | "blue", string>;
};

const missing = missingForGuest();

/** What labs run, and what a node has of it. */
const programs = ["sh", "unshare", "nsenter", "mount", "env", "sleep", "find", "rm", "rmdir", "mv", "mkdir", "ip"];
const inNodes = ["ping", "head", "tail", "wc", "cat", "seq"];

/** Whole labs of an ordinary user on Debian's kernel: with control groups that are delegated, and bridges that know VLANs. */
describe("labs of an ordinary user on Debian's kernel", () => {
  let result: Result;

  beforeAll(async () => {
    if (missing !== undefined) return;
    const { argv, share, files } = await bundle("labs", ["lab/main", "gate/main"]);
    const tools = [...programs, ...inNodes].map((name) =>
      spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${name}`], { encoding: "utf8" }).stdout.trim(),
    );
    const users = { "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nsomebody:x:1000:1000::/tmp:/bin/sh\n" };
    const guest = await runInGuest(argv, {
      timeoutMs: 220_000,
      share: [...share, ...tools],
      files: { ...files, ...users, "/etc/group": "root:x:0:\nsomebody:x:1000:\n" },
      ownRoot: true,
    });
    expect(guest).toMatchObject({ exitCode: 0, stderr: "" });
    result = JSON.parse(guest.stdout) as Result;
  }, 230_000);

  const test = (name: string, body: () => void) =>
    it(name, (context) => {
      if (missing !== undefined) context.skip(missing);
      body();
    });

  test("limit a node's memory and processes by a delegated control group, and tell of it", () => {
    const { eaten, forked, events, limits = [] } = result;
    // Whom of those that take memory the kernel ends, it chooses: who counts may go too.
    expect(eaten.map((said) => said.split("\n")[0])).toEqual([expect.stringMatching(/^0?$/), String(64 * 2 ** 20)]);
    expect(forked).toMatch(/fork/i);
    expect(events).toEqual(["h1"]);
    const by = (file: string) => `control groups, version 2: ${file}`;
    expect(limits).toMatchObject([
      { resource: "cpus", most: 0.5, of: "the node", enforcedBy: by("cpu.max") },
      { resource: "memory", most: 32 * 2 ** 20, of: "the node", enforcedBy: by("memory.max") },
      { resource: "processes", most: 12, of: "the node", enforcedBy: by("pids.max") },
      { resource: "memory", most: 300 * 2 ** 20, of: "all nodes of the lab", enforcedBy: by("memory.max") },
    ]);
    for (const { used } of limits) expect(used).toBeGreaterThan(0);
  });

  test("show a node no other control group than its own, whose limits it cannot lift", () => {
    expect(result.group).toBe("0::/\n");
    for (const said of result.lifted)
      expect(said).toMatch(/0::\/\n.*(Operation not permitted|I\/O error|write error)/s);
  });

  test("change limits and nodes while they run, and leave no group", () => {
    const { applied, left } = result;
    expect(applied.eaten).toBe(`${64 * 2 ** 20}\n`);
    expect(applied.groups).toContain("node-h1");
    expect(applied.groups).not.toContain("node-h2");
    expect(left).toMatchObject({ groups: ["netwright-callers"], own: "0::/user/session/netwright-callers\n" });
  });

  test("keep tenants on bridges apart, in access ports, trunks and native VLANs", () => {
    const mac = (tenant: "0a" | "14", number: number) => `02:00:00:00:${tenant}:0${number}`;
    expect(result.vlans).toEqual({
      red: mac("0a", 2),
      blue: mac("14", 2),
      native: mac("0a", 1),
      across: "none",
      ports: ["p1 vlan 10", "p2 vlan 20", "p3 trunk 10,20", "p4 trunk 10,20 native 10"],
    });
    // A port has another VLAN since, given while the lab ran.
    expect(result.moved).toEqual({ red: mac("0a", 2), blue: "none" });
  });
});
