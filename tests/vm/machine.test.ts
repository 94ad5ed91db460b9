import { describe, expect, it, type TestContext } from "vitest";
import { missingForVm, runScenario } from "./sandbox.ts";

const missing = missingForVm();
const run = (context: TestContext, scenario: string) => {
  if (missing !== undefined) context.skip(missing);
  return runScenario<Record<string, unknown>>("life", scenario);
};

describe("a virtual machine", () => {
  it("has disks on every bus and a seed, keeps what it wrote through a power-off, and never writes the image", async (context) => {
    expect(await run(context, "disks")).toEqual({
      sizes: [8192, 16_384, 2_097_152, 2048, expect.any(Number)],
      original: "originaloriginal",
      changed: "changed".repeat(4),
      seed: expect.stringMatching(/^meta-data\nnetwork-config\nuser-data\n\{"instance-id":"i"/),
      end: { state: "off", reason: "host-qmp-quit" },
      kept: "changed",
      untouched: true,
    });
  });

  it("pauses, goes back to a snapshot, resets, and obeys the power button", async (context) => {
    expect(await run(context, "life")).toEqual({
      states: ["paused", "running", "running"],
      frozen: expect.objectContaining({ code: "CONSOLE_TIMED_OUT" }),
      files: "/tmp/before\n",
      noSnapshot: expect.objectContaining({ code: "QMP_REFUSED" }),
      afterReset: "",
      end: { state: "off", reason: "guest-shutdown" },
      state: "off",
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
  });

  it("sees its links cut, and takes and gives back NICs while it runs", async (context) => {
    expect(await run(context, "nics")).toEqual({
      began: ["eth0", "eth1", "lo"],
      drivers: "virtio_net\nvmxnet3\n",
      macs: "02:00:00:00:00:01\n02:00:00:00:00:02\n",
      cut: ["0", "1"],
      received: true,
      twice: expect.objectContaining({ code: "QMP_REFUSED" }),
      ended: ["eth0", "eth1", "lo"],
    });
  });

  it("takes NICs on PCI Express as long as there are slots", async (context) => {
    expect(await run(context, "q35")).toEqual({
      full: expect.objectContaining({ message: expect.stringContaining("all 2 slots") }),
    });
  });

  it("starts by UEFI", async (context) => {
    expect(await run(context, "uefi")).toEqual({ shown: expect.any(String) });
  });

  it("says what is wrong, in QEMU's words and its own", async (context) => {
    expect(await run(context, "failures")).toEqual({
      corrupt: expect.objectContaining({
        code: "VM_NOT_STARTED",
        message: expect.stringContaining("cluster size: 2^40"),
      }),
      memory: expect.objectContaining({ code: "VM_NOT_STARTED", remedy: expect.stringContaining("less") }),
      machine: expect.objectContaining({ code: "VM_NOT_STARTED", remedy: expect.stringContaining("-machine help") }),
      missing: expect.objectContaining({ code: "PROGRAM_MISSING" }),
      model: expect.objectContaining({ code: "VM_NOT_STARTED", remedy: expect.stringContaining("-device help") }),
      killed: expect.objectContaining({ code: "VM_ENDED", message: expect.stringContaining("SIGKILL") }),
      after: expect.objectContaining({ code: "QMP_LOST" }),
      panic: expect.objectContaining({ code: "VM_PANICKED" }),
      off: { state: "off", reason: "guest-shutdown" },
      hangs: expect.objectContaining({ code: "TIMED_OUT" }),
      byUs: { state: "off", reason: "killed" },
    });
  });
});
