import { describe, expect, it } from "vitest";
import { type HostFacts, hostFacts, unmetRequirements } from "../../src/client/requirements.ts";
import { isReleaseWithin, isWithin, parseBounds } from "../../src/topology/index.ts";

const machine: HostFacts = {
  release: "6.1.0-18-amd64",
  sysctl: (name) => ({ "fs.inotify.max_user_instances": "128", "kernel.pid_max": "32768" })[name],
  hasModule: (name) => name === "vxlan",
  availableBytes: 2 ** 30,
  hasProgram: (name) => name === "tcpdump",
};
const none = { sysctls: {}, modules: [], programs: [] };

describe("requirements of the machine", () => {
  it("are told all at once, each with what mends it", () => {
    const errors = unmetRequirements(
      {
        kernel: ">= 6.2",
        sysctls: {
          "fs.inotify.max_user_instances": ">= 512",
          "kernel.pid_max": "<= 1000",
          "net.none": "1",
        },
        modules: ["vxlan", "wireguard"],
        memoryBytes: 2 ** 31,
        programs: ["tcpdump", "iperf3"],
      },
      machine,
    );
    expect(errors.map(({ remedy }) => remedy)).toEqual([
      expect.stringContaining("kernel"),
      "Set it: sudo sysctl -w fs.inotify.max_user_instances=512",
      "Set it: sudo sysctl -w kernel.pid_max=1000",
      expect.stringContaining("module"),
      "Load it: sudo modprobe wireguard",
      expect.stringContaining("more"),
      expect.stringContaining("iperf3"),
    ]);
    expect(errors[1]?.message).toBe("The lab requires fs.inotify.max_user_instances: >= 512. Here it is: 128.");
    expect(errors.every(({ code, exitCode }) => code === "HOST_REQUIREMENT" && exitCode === 3)).toBe(true);
  });

  it("are met at their bounds", () => {
    const requires = {
      ...none,
      kernel: ">= 6.1",
      sysctls: { "fs.inotify.max_user_instances": "128..256", "kernel.pid_max": "= 32768" },
      memoryBytes: 2 ** 30,
    };
    expect(unmetRequirements(requires, machine)).toEqual([]);
  });

  it("are compared with what this machine says of itself", () => {
    const facts = hostFacts("/usr/bin:/bin");
    expect(facts.sysctl("kernel.osrelease")).toBe(facts.release);
    expect(facts.sysctl("kernel.no-such")).toBeUndefined();
    expect(Number(facts.sysctl("net.ipv4.ip_forward"))).toBeLessThan(2);
    expect([facts.hasProgram("sh"), facts.hasProgram("no-such-program")]).toEqual([true, false]);
    expect(facts.hasModule("no_such_module")).toBe(false);
    expect(facts.availableBytes).toBeGreaterThan(2 ** 20);
  });

  it("read bounds and releases", () => {
    expect(
      ["5", "= 5", ">=5", "<= 5", "4 .. 6", "5..5"].map((text) => isWithin(5, parseBounds(text) ?? none5)),
    ).toEqual([true, true, true, true, true, true]);
    expect(["4", ">= 6", "<=4", "6..9"].map((text) => isWithin(5, parseBounds(text) ?? any5))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(["x", "> 5", "5..", ""].map(parseBounds)).toEqual([undefined, undefined, undefined, undefined]);
    const release = (bound: string) => isReleaseWithin("6.10.3-arch1", bound);
    expect([release(">= 6.9"), release(">= 6.10"), release(">= 6.11"), release("<= 6"), release("<= 6.2")]).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
  });
});

const none5 = { least: 6, most: 4 };
const any5 = { least: 5, most: 5 };
