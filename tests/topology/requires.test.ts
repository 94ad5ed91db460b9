import { describe, expect, it } from "vitest";
import { printLab } from "../../src/topology/print.ts";
import { errorsOf, load } from "./lab-text.ts";

describe("requires", () => {
  it("is read, and printed so that it is read the same", () => {
    const lab = load(`name: big
requires:
  kernel: ">= 5.15"
  sysctls: { fs.inotify.max_user_instances: ">= 512", kernel.pid_max: 32768 }
  modules: [vxlan]
  memory: 4GiB
  programs: [tcpdump]
`);
    expect(lab.requires).toEqual({
      kernel: ">= 5.15",
      sysctls: { "fs.inotify.max_user_instances": ">= 512", "kernel.pid_max": "32768" },
      modules: ["vxlan"],
      memoryBytes: 4 * 2 ** 30,
      programs: ["tcpdump"],
    });
    expect(load(printLab(lab)).requires).toEqual(lab.requires);
  });

  it.for([
    ["kernel: 5", "kernel"],
    ['sysctls: { kernel.pid_max: "> 5" }', "pid_max"],
    ["sysctls: { kernel.pid_max: many }", "pid_max"],
    ["memory: 4", "memory"],
    ["modules: [../x]", "modules"],
    ["programs: [/bin/sh]", "programs"],
    ["disk: 4GiB", "disk"],
  ] as const)("takes only what it understands: %s", ([line, place]) => {
    const errors = errorsOf(`requires:\n  ${line}\n`);
    expect(errors.map(({ at, message }) => `${at?.line} ${message}`)).toEqual([
      expect.stringMatching(new RegExp(`^2 .*${place}`)),
    ]);
  });
});
