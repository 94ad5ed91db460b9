import { describe, expect, it } from "vitest";
import { findGroupHome, type GroupFacts } from "../../src/client/launch/groups/home.ts";
import { planLimits } from "../../src/client/launch/limits.ts";
import { host, lab } from "../lab/running-lab.ts";

const unified = "29 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
const separate = (controllers: string, root = "/") =>
  `30 23 0:27 ${root} /sys/fs/cgroup/${controllers} rw - cgroup cgroup rw,${controllers}\n`;

const machine = (more: Partial<GroupFacts> & { writable?: readonly string[] }): GroupFacts => ({
  mounts: unified,
  own: "0::/user.slice/run-7.scope\n",
  isRoot: false,
  read: () => "cpuset cpu io memory pids\n",
  mayWrite: (path) => (more.writable ?? []).some((one) => path === one || path.startsWith(`${one}/cgroup.`)),
  ...more,
});
const found = (facts: GroupFacts) => {
  const home = findGroupHome(facts);
  return "parents" in home ? { version: home.version, parents: Object.fromEntries(home.parents) } : home;
};

describe("where control groups can be made", () => {
  const scope = "/sys/fs/cgroup/user.slice/run-7.scope";

  it("version 2: in the own group, where that is delegated, or where it was moved out of", () => {
    const parents = { cpu: scope, memory: scope, pids: scope };
    expect(found(machine({ writable: [scope] }))).toEqual({ version: 2, parents });
    const own = "0::/user.slice/run-7.scope/netwright-callers\n";
    expect(found(machine({ writable: [scope], own }))).toEqual({ version: 2, parents });
    const read = (file: string) => (file === `${scope}/cgroup.controllers` ? "memory pids\n" : "cpu memory pids\n");
    expect(found(machine({ writable: [scope], read }))).toEqual({
      version: 2,
      parents: { memory: scope, pids: scope },
    });
  });

  it("version 2: of root, at the top", () => {
    const home = found(machine({ isRoot: true, mayWrite: () => true }));
    expect(home).toMatchObject({ parents: { cpu: "/sys/fs/cgroup" } });
  });

  it("version 2: nowhere in a session of somebody else's, or outside of what is seen", () => {
    expect(found(machine({}))).toMatchObject({ mend: expect.stringContaining("systemd-run --user --scope") });
    const service = machine({ own: "0::/system.slice/netwright.service\n" });
    expect(found(service)).toMatchObject({ mend: expect.stringContaining("DelegateSubgroup=server") });
    expect(found(machine({ own: "0::/../other\n", mayWrite: () => true }))).toHaveProperty("why");
  });

  it("version 1: in the own group of each tree, also beside an empty version 2", () => {
    const facts = machine({
      mounts: `${unified}${separate("cpu,cpuacct")}${separate("memory", "/docker/abc")}${separate("pids")}`,
      own: "4:memory:/docker/abc/in\n3:cpu,cpuacct:/\n2:pids:/a b\n0::/\n",
      isRoot: true,
      read: () => "\n",
      mayWrite: () => true,
    });
    const cpu = "/sys/fs/cgroup/cpu,cpuacct";
    const parents = { cpu, cpuacct: cpu, memory: "/sys/fs/cgroup/memory/in", pids: "/sys/fs/cgroup/pids/a b" };
    expect(found(facts)).toEqual({ version: 1, parents });
    expect(found({ ...facts, mayWrite: () => false })).toMatchObject({ why: expect.stringContaining("only root") });
  });

  it("nowhere without any", () => {
    expect(found(machine({ mounts: "" }))).toMatchObject({ why: "it has no control groups" });
  });
});

describe("limits that cannot be enforced", () => {
  const limited = (enforce?: "if-possible") =>
    lab("l", {
      nodes: [host("h1", [], { resources: { cpus: 1, memoryBytes: 1 } })],
      resources: { processes: 40, ...(enforce === undefined ? {} : { enforce }) },
    });
  const facts = machine({});
  const pidsOnly = machine({ writable: ["/sys/fs/cgroup/user.slice/run-7.scope"], read: () => "memory pids" });

  it("keep the lab from starting, each by its name", () => {
    expect(() => planLimits(limited(), facts)).toThrow(
      /cannot enforce cpus of node h1, memory of node h1: control group/,
    );
    expect(() => planLimits(limited(), pidsOnly)).toThrow(/cannot enforce cpus of node h1: .* no cpu to this user/);
  });

  it("are warned of where the lab takes that; the others are enforced", () => {
    const { home, warnings } = planLimits(limited("if-possible"), pidsOnly);
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Nothing enforces cpus of node h1: /),
    ]);
    expect([...(home?.parents.keys() ?? [])]).toEqual(["memory", "pids"]);
  });

  it("need no group when processes' limits stand in, or there are none", () => {
    const only = { ...limited(), nodes: [] };
    expect(planLimits(only, facts)).toMatchObject({ home: undefined, warnings: [] });
    expect(planLimits(only, pidsOnly).home).toBeDefined();
    expect(planLimits({ ...only, resources: {} }, pidsOnly).home).toBeUndefined();
  });
});
